// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/nnunet_summary.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "launcher/eval/metric_columns.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Of nnU-Net, by our columns; empty: not measured.
constexpr std::array<const char*, kMetricColumns.size()> kKeys = {
    "Dice", "", "", "", "TP", "FP", "FN", "n_pred", "n_ref", "", "", ""};

using Figures = std::array<double, kMetricColumns.size()>;

[[noreturn]] void refuse(const std::filesystem::path& path,
                         const std::string& what,
                         const std::string& fix) {
  throw Error(ExitCode::BadData,
              Problem{.what = what,
                      .where = path.string(),
                      .allowed = "regions of nnU-Net's BraTS data sets: three labels, two, one",
                      .fix = fix});
}

/// Python writes NaN and Infinity, which JSON does not have: outside of strings they become null.
std::string strict_json(const std::string& text) {
  std::string result;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) {
      in_string = !in_string;
    }
    bool replaced = false;
    for (const std::string& word :
         {std::string("NaN"), std::string("-Infinity"), std::string("Infinity")}) {
      if (!in_string && !replaced && text.compare(i, word.size(), word) == 0) {
        result += "null";
        i += word.size() - 1;
        replaced = true;
      }
    }
    if (!replaced) {
      result += c;
    }
  }
  return result;
}

/// The labels in a key such as "(1, 2, 3)", "(3,)" or "3".
std::set<std::int64_t> labels_of(const std::string& key) {
  std::set<std::int64_t> labels;
  std::string digits;
  for (const char c : key + " ") {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
    } else if (!digits.empty()) {
      labels.insert(std::stoll(digits));
      digits.clear();
    }
  }
  return labels;
}

/// The summary's key of each region.
struct RegionKeys {
  std::array<std::string, 3> by_region;
  std::optional<LabelSet> set;
};

RegionKeys find_regions(const Json& metrics) {
  RegionKeys keys;
  for (const auto& [key, value] : metrics.items()) {
    const std::set<std::int64_t> labels = labels_of(key);
    if (labels.size() >= 1 && labels.size() <= 3) {
      keys.by_region[3 - labels.size()] = key;
    }
    if (labels.size() == 2) {
      keys.set = label_set_of_core(labels);
    }
  }
  return keys;
}

std::string case_of(const Json& entry, const std::filesystem::path& path) {
  const std::filesystem::path file = json_get<std::string>(entry, "prediction_file", path.string());
  std::string name = file.filename().string();
  for (const std::string& ending : {std::string(".gz"), std::string(".nii")}) {
    if (name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
    }
  }
  return name;
}

double figure(const Json& region, const std::string& key) {
  const auto found = region.find(key);
  return found == region.end() || !found->is_number() ? kNaN : found->get<double>();
}

std::string row(const std::vector<std::pair<std::string, std::string>>& leading,
                const std::string& case_id,
                const char* region,
                const Figures& figures) {
  std::vector<std::string> fields;
  for (const auto& [name, value] : leading) {
    fields.push_back(value);
  }
  fields.insert(fields.end(), {case_id, region, "nnunet"});
  for (const double value : figures) {
    fields.push_back(format_number(value));
  }
  return csv_line(fields);
}

}  // namespace

std::string nnunet_summary_csv(const std::filesystem::path& path,
                               const std::optional<LabelSet>& expected,
                               const std::vector<std::pair<std::string, std::string>>& leading) {
  const Json summary = parse_json(strict_json(read_file(path)), path.string());
  const Json entries = json_get<Json>(summary, "metric_per_case", path.string());
  std::vector<std::string> header;
  for (const auto& [name, value] : leading) {
    header.push_back(name);
  }
  header.insert(header.end(), {"case", "region", "convention"});
  header.insert(header.end(), kMetricColumns.begin(), kMetricColumns.end());
  std::string text = csv_line(header);
  if (!entries.is_array() || entries.empty()) {
    refuse(path, "the summary has no cases", "");
  }
  for (const Json& entry : entries) {
    const Json metrics = json_get<Json>(entry, "metrics", path.string());
    const RegionKeys keys = find_regions(metrics);
    if (!keys.set || keys.by_region[0].empty() || keys.by_region[2].empty()) {
      refuse(path,
             "the summary scores labels, or regions of another data set: " + metrics.dump(),
             "evaluate the label maps: yates evaluate --predictions DIR --references DIR");
    }
    if (expected && *expected != *keys.set) {
      refuse(path,
             fmt::format("the summary's labels are {}", label_set_text(*keys.set)),
             "leave out --labels");
    }
    const std::string case_id = case_of(entry, path);
    Figures mean{};
    for (const Region region : kRegions) {
      const Json& scored = metrics.at(keys.by_region[static_cast<std::size_t>(region)]);
      Figures figures{};
      for (std::size_t i = 0; i < kKeys.size(); ++i) {
        figures[i] = figure(scored, kKeys[i]);
        mean[i] += figures[i] / 3.0;
      }
      text += row(leading, case_id, region_name(region), figures);
    }
    text += row(leading, case_id, "mean", mean);
  }
  return text;
}

}  // namespace yates::eval
