// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/study_data.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/eval/metric_columns.hpp"

namespace yates::study {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

}  // namespace

RunTable StudyData::table(const Response& response) const {
  RunTable table{.cells = design.size(), .seeds_are_blocks = seeds_are_blocks, .runs = {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    table.runs.push_back({runs[i].cell, runs[i].seed, response.run_values[i]});
  }
  return table;
}

std::string StudyData::run_name(std::size_t run) const {
  return fmt::format("{}, {} {}",
                     design.describe(design.levels(runs[run].cell)),
                     seeds_are_blocks ? "seed" : "replicate",
                     runs[run].seed);
}

bool higher_is_better(const std::string& metric) {
  constexpr std::array kSmallIsGood = {
      "hd95", "hausdorff", "assd", "asd", "loss", "error", "seconds", "time"};
  const std::string name = lower(metric);
  return std::none_of(kSmallIsGood.begin(), kSmallIsGood.end(), [&](const char* part) {
    return name.find(part) != std::string::npos;
  });
}

std::string region_of_column(const std::string& column) {
  const std::string name = lower(column);
  for (const std::string region : eval::kRegionNames) {
    const std::string ending = "_" + lower(region);
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return region;
    }
  }
  return "";
}

std::vector<std::string> ordered_levels(const std::vector<std::string>& texts) {
  std::vector<std::string> levels;
  for (const std::string& text : texts) {
    if (std::find(levels.begin(), levels.end(), text) == levels.end()) {
      levels.push_back(text);
    }
  }
  const bool numeric = std::all_of(levels.begin(), levels.end(), [](const std::string& level) {
    return parse_number(level).has_value();
  });
  if (numeric) {
    std::stable_sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) {
      return *parse_number(a) < *parse_number(b);
    });
  }
  return levels;
}

}  // namespace yates::study
