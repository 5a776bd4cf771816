// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/label_set.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "base/text.hpp"

namespace yates::eval {

LabelSet label_set_named(const std::string& name) {
  const std::vector<std::string> names = {"brats2023", "brats2021"};
  if (name == names[0]) {
    return LabelSet::Brats2023;
  }
  if (name == names[1]) {
    return LabelSet::Brats2021;
  }
  throw Error(ExitCode::Usage,
              Problem{.what = "unknown label set '" + name + "'",
                      .where = "--labels",
                      .allowed = join(names, ", "),
                      .fix = suggestion(name, names)});
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
  if (count[4] > 0) {
    for (std::uint8_t& label : voxels) {
      label = label == 4 ? 3 : label;
    }
  }
  return converted;
}

}  // namespace yates::eval
