// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/primary_response.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/study/primary_contrast.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::cli {
namespace {

[[noreturn]] void refuse(std::string what, std::string where, std::string allowed = "") {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = std::move(where),
                      .allowed = std::move(allowed),
                      .fix = ""});
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

/// The column of a table of cells that holds the primary response: dice_mean, else dice.
std::string response_column(const CsvTable& table, const study::PrimaryContrast& primary) {
  const std::string region = lower_case(primary.region);
  const std::string plain = plain_metric(primary.metric);
  for (const std::string& name :
       {primary.metric + "_" + region, plain + "_" + region, primary.metric, plain}) {
    if (table.find_column(name)) {
      return name;
    }
  }
  refuse("no column holds the primary response",
         table.origin,
         primary.metric + "_" + region + ", or the columns case, region, dice, hd95_mm");
}

/// One row per run: factor columns, the response, and seeds where the table has them.
study::RunTable read_cells(const CsvTable& table, const PlannedStudy& planned) {
  const std::size_t response = table.column(response_column(table, *planned.file.spec.primary));
  const auto seed = table.find_column("seed");
  study::RunTable runs{
      .cells = planned.design.size(), .seeds_are_blocks = seed.has_value(), .runs = {}};
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    std::vector<std::size_t> levels;
    for (const study::Factor& factor : planned.design.factors()) {
      const std::string& name = table.rows[row][table.column(factor.name)];
      const auto level = study::find_level(factor, name);
      if (!level) {
        refuse(fmt::format("'{}' is no level of the study's factor '{}'", name, factor.name),
               fmt::format("{}:{}", table.origin, table.lines[row]),
               join(factor.levels, ", "));
      }
      levels.push_back(*level);
    }
    const auto number = seed ? parse_integer(table.rows[row][*seed])
                             : std::optional(static_cast<std::int64_t>(row));
    const double value = table.number(row, response);
    if (!number || !std::isfinite(value)) {
      refuse("a run without a whole number as seed, or without a finite result",
             fmt::format("{}:{}", table.origin, table.lines[row]),
             "");
    }
    runs.runs.push_back({.cell = planned.design.cell(levels), .seed = *number, .value = value});
  }
  return runs;
}

}  // namespace

std::string plain_metric(const std::string& metric) {
  return metric.ends_with("_mm") ? metric.substr(0, metric.size() - 3) : metric;
}

std::string response_name(const study::PrimaryContrast& primary) {
  return plain_metric(primary.metric) + "_" + lower_case(primary.region);
}

study::RunTable read_primary_response(const CsvTable& table, const PlannedStudy& planned) {
  if (!table.find_column("case") || !table.find_column("region")) {
    return read_cells(table, planned);
  }
  const study::PrimaryContrast& primary = *planned.file.spec.primary;
  const study::StudyData data =
      read_results(table, study::ResultsOptions{.study = planned.file.spec});
  for (const study::Response& response : data.responses) {
    if (study::same_metric(response.metric, primary.metric) && response.region == primary.region) {
      return data.table(response);
    }
  }
  refuse(fmt::format("no row has {} of the region {}", primary.metric, primary.region),
         table.origin,
         "");
}

}  // namespace yates::cli
