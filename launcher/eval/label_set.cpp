// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/label_set.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::eval {
namespace {

/// Whether a label of this name lies in the tumour core: necrosis or enhancing tumour.
bool names_core_part(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return name == "et" || name == "ncr" || name == "net" || name == "ncr/net" ||
         name.find("enhanc") != std::string::npos || name.find("necro") != std::string::npos;
}

}  // namespace

LabelSet label_set_named(const std::string& name) {
  const std::vector<std::string> names = {"brats2023", "brats2021", "nnunet"};
  if (name == names[0]) {
    return LabelSet::Brats2023;
  }
  if (name == names[1]) {
    return LabelSet::Brats2021;
  }
  if (name == names[2]) {
    return LabelSet::Nnunet;
  }
  throw Error(ExitCode::Usage,
              Problem{.what = "unknown label set '" + name + "'",
                      .where = "--labels",
                      .allowed = join(names, ", "),
                      .fix = suggestion(name, names)});
}

const char* label_set_text(LabelSet set) {
  switch (set) {
    case LabelSet::Brats2023: return "brats2023 (1 NCR, 2 ED, 3 ET)";
    case LabelSet::Brats2021: return "brats2021 (1 NCR, 2 ED, 4 ET)";
    case LabelSet::Nnunet: return "nnunet (1 ED, 2 NCR, 3 ET)";
  }
  return "";
}

std::optional<LabelSet> label_set_of_core(const std::set<std::int64_t>& core) {
  using Values = std::set<std::int64_t>;
  if (core == Values{1, 3}) {
    return LabelSet::Brats2023;
  }
  if (core == Values{1, 4}) {
    return LabelSet::Brats2021;
  }
  return core == Values{2, 3} ? std::optional(LabelSet::Nnunet) : std::nullopt;
}

std::optional<LabelSet> declared_label_set(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "dataset.json";
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const Json labels = json_get<Json>(read_json(path), "labels", path.string());
  std::set<std::int64_t> core;
  for (const auto& [name, value] : labels.items()) {
    if (value.is_array() && value.size() == 2) {
      core = value.get<std::set<std::int64_t>>();
    } else if (value.is_number_integer() && names_core_part(name)) {
      core.insert(value.get<std::int64_t>());
    }
  }
  const std::optional<LabelSet> set = label_set_of_core(core);
  if (!set) {
    throw Error(ExitCode::BadData,
                Problem{.what = "the labels are none of the known sets: " + labels.dump(),
                        .where = path.string(),
                        .allowed = "a tumour core of 1 and 3, 1 and 4, or 2 and 3",
                        .fix = "say with --labels which numbers the label maps hold"});
  }
  return set;
}

bool convert_labels(LabelSet set,
                    const std::string& where,
                    std::vector<std::uint8_t>& voxels,
                    std::vector<Problem>& problems) {
  std::array<std::int64_t, 256> count{};
  for (const std::uint8_t label : voxels) {
    ++count[label];
  }
  const bool old_set = set == LabelSet::Brats2021;
  const bool converted = old_set && count[3] > 0 && count[4] == 0;
  const auto known = [&](std::size_t label) {
    return label <= 2 || label == (old_set && !converted ? 4U : 3U);
  };
  std::vector<std::string> unknown;
  for (std::size_t label = 0; label < count.size(); ++label) {
    if (count[label] > 0 && !known(label)) {
      unknown.push_back(fmt::format("{} ({} voxels)", label, count[label]));
    }
  }
  if (!unknown.empty()) {
    problems.push_back({.what = "unknown labels: " + join(unknown, ", "),
                        .where = where,
                        .allowed = old_set ? "0, 1, 2, 4" : "0, 1, 2, 3",
                        .fix = !old_set && count[3] == 0 && count[4] > 0
                                   ? "--labels brats2021 reads 4 as 3"
                                   : ""});
    return false;
  }
  if (set == LabelSet::Nnunet) {
    for (std::uint8_t& label : voxels) {
      label = label == 1 ? 2 : label == 2 ? 1 : label;
    }
  }
  if (count[4] > 0) {
    for (std::uint8_t& label : voxels) {
      label = label == 4 ? 3 : label;
    }
  }
  return converted;
}

}  // namespace yates::eval
