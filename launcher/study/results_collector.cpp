// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/results_collector.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace yates::study {
namespace {

constexpr double kPointsPerFraction = 100;

[[noreturn]] void fail_field(const CsvTable& table,
                             std::size_t row,
                             std::size_t column,
                             std::string what,
                             const std::string& allowed,
                             std::string fix = "") {
  throw Error(ExitCode::BadData,
              table.problem_at(row, column, std::move(what), allowed, std::move(fix)));
}

}  // namespace

ResultsCollector::ResultsCollector(const CsvTable& table,
                                   const Design& design,
                                   const ResultsColumns& columns)
    : table_(table), design_(design), columns_(columns) {
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    level_index_.emplace_back();
    for (std::size_t level = 0; level < design.factors()[f].levels.size(); ++level) {
      level_index_[f][design.factors()[f].levels[level]] = level;
    }
  }
}

void ResultsCollector::add(std::size_t row) {
  const std::vector<std::string>& fields = table_.rows[row];
  const RunKey key{cell_of(row), seed_of(row)};
  CollectedRun*& slot = index_[key];
  if (slot == nullptr) {
    slot = &runs[key];
    slot->first_row = row;
  }
  CollectedRun& run = *slot;
  if (columns_.status != kNowhere && fields[columns_.status] != "ok") {
    run.status = status_of(row);
  }
  if (run.status == "failed") {
    return;
  }
  const std::size_t region = region_of(row);
  for (std::size_t m = 0; m < kMetrics.size(); ++m) {
    if (columns_.metrics[m] != kNowhere) {
      store(run, m, region, row);
    }
  }
}

std::size_t ResultsCollector::cell_of(std::size_t row) {
  level_buffer_.clear();
  for (std::size_t f = 0; f < columns_.factors.size(); ++f) {
    const std::string level(trim(table_.rows[row][columns_.factors[f]]));
    const auto found = level_index_[f].find(level);
    if (found == level_index_[f].end()) {
      const Factor& factor = design_.factors()[f];
      fail_field(table_,
                 row,
                 columns_.factors[f],
                 fmt::format("factor '{}' has the level '{}'", factor.name, level),
                 "its levels are: " + join(factor.levels, ", "),
                 suggestion(level, factor.levels));
    }
    level_buffer_.push_back(found->second);
  }
  return design_.cell(level_buffer_);
}

std::int64_t ResultsCollector::seed_of(std::size_t row) const {
  const std::string& text = table_.rows[row][columns_.seed];
  const auto seed = parse_integer(trim(text));
  if (!seed) {
    fail_field(table_,
               row,
               columns_.seed,
               fmt::format("column 'seed' holds '{}'", text),
               "a whole number");
  }
  return *seed;
}

std::string ResultsCollector::status_of(std::size_t row) const {
  const std::string& text = table_.rows[row][columns_.status];
  constexpr std::array kStates = {"ok", "diverged", "collapsed", "failed"};
  if (std::find(kStates.begin(), kStates.end(), text) == kStates.end()) {
    fail_field(table_,
               row,
               columns_.status,
               fmt::format("column 'status' holds '{}'", text),
               "ok, diverged, collapsed, failed");
  }
  return text;
}

std::size_t ResultsCollector::region_of(std::size_t row) const {
  const std::string& text = table_.rows[row][columns_.region];
  const auto found = std::find(eval::kRegionNames.begin(), eval::kRegionNames.end(), text);
  if (found == eval::kRegionNames.end()) {
    fail_field(table_,
               row,
               columns_.region,
               fmt::format("column 'region' holds '{}'", text),
               "WT, TC, ET, mean");
  }
  return static_cast<std::size_t>(found - eval::kRegionNames.begin());
}

void ResultsCollector::store(CollectedRun& run,
                             std::size_t metric,
                             std::size_t region,
                             std::size_t row) const {
  double value = table_.number(row, columns_.metrics[metric]);
  if (metric == 0) {
    if (value < 0 || value > 1) {
      fail_field(table_,
                 row,
                 columns_.metrics[0],
                 fmt::format("dice is {}", table_.rows[row][columns_.metrics[0]]),
                 "a fraction in [0, 1], or nan",
                 "percentages must be divided by 100");
    }
    value *= kPointsPerFraction;
  } else if (value < 0) {
    fail_field(table_,
               row,
               columns_.metrics[metric],
               fmt::format("hd95_mm is {}", value),
               "a distance >= 0, nan or inf");
  }
  const std::string& id = table_.rows[row][columns_.case_id];
  const auto [place, added] = run.values[metric][region].emplace(id, std::pair(value, row));
  if (!added) {
    fail_results(table_,
                 row,
                 fmt::format("case '{}' has its {} twice for this run, first in line {}",
                             id,
                             eval::kRegionNames[region],
                             table_.lines[place->second.second]),
                 "each case and region once per run");
  }
}

}  // namespace yates::study
