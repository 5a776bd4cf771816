// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/cell_table.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/study/cell_rows.hpp"

namespace yates::study {
namespace {

std::vector<std::size_t> kept_rows(const CsvTable& table,
                                   const CellTableOptions& options,
                                   std::vector<std::string>& warnings) {
  std::vector<std::size_t> rows;
  std::size_t left_out = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    bool wanted = true;
    for (const auto& [column, value] : options.where) {
      wanted = wanted && trim(table.rows[row][table.column(column)]) == value;
    }
    bool known = true;
    for (const Factor& factor : options.levels) {
      known =
          known && find_level(factor, trim(table.rows[row][table.column(factor.name)])).has_value();
    }
    left_out += wanted && !known ? 1 : 0;
    if (wanted && known) {
      rows.push_back(row);
    }
  }
  if (left_out > 0) {
    warnings.push_back(
        fmt::format("{} rows have levels that --levels does not name: left out", left_out));
  }
  if (rows.empty()) {
    refuse_table("no row is left", table.origin, "at least one row with the asked levels");
  }
  return rows;
}

void check_level(const CsvTable& table,
                 std::size_t row,
                 std::size_t column,
                 const std::string& level) {
  if (level.empty()) {
    throw Error(ExitCode::BadData,
                table.problem_at(row,
                                 column,
                                 fmt::format("factor '{}' has no level here", table.header[column]),
                                 "a level in every row"));
  }
}

Factor read_factor(const CsvTable& table,
                   const std::string& name,
                   const std::vector<std::size_t>& rows,
                   const CellTableOptions& options) {
  const std::size_t column = table.column(name);
  std::vector<std::string> texts;
  TableFindings findings;
  for (const std::size_t row : rows) {
    texts.emplace_back(trim(table.rows[row][column]));
    findings.gather([&] { check_level(table, row, column, texts.back()); });
  }
  findings.throw_if_any();
  Factor factor{name, ordered_levels(texts)};
  if (const auto fixed = find_factor(options.levels, name)) {
    for (const std::string& level : options.levels[*fixed].levels) {
      if (!find_level(factor, level)) {
        refuse_table(fmt::format("--levels names '{}' for factor '{}'", level, name),
                     table.origin,
                     "its levels are: " + join(factor.levels, ", "),
                     suggestion(level, factor.levels));
      }
    }
    factor.levels = options.levels[*fixed].levels;
  }
  if (factor.levels.size() < 2) {
    refuse_table(
        fmt::format("factor '{}' has only the level '{}'", name, join(factor.levels, ", ")),
        table.origin,
        "at least two levels",
        fmt::format("leave '{}' out of --factors", name));
  }
  for (std::size_t i = 1; i < factor.levels.size(); ++i) {
    const auto a = parse_number(factor.levels[i - 1]);
    const auto b = parse_number(factor.levels[i]);
    if (a && b && *a == *b) {
      refuse_table(fmt::format("factor '{}' has the levels '{}' and '{}', one number",
                               name,
                               factor.levels[i - 1],
                               factor.levels[i]),
                   table.origin,
                   "each level written in one way");
    }
  }
  return factor;
}

/// Replicates that differ in another column with few values may be cells of a forgotten factor.
void warn_of_forgotten_factors(const CsvTable& table,
                               const CellTableOptions& options,
                               const std::vector<CellRow>& rows,
                               std::vector<std::string>& warnings) {
  std::set<std::string> named(options.factors.begin(), options.factors.end());
  named.insert(options.responses.begin(), options.responses.end());
  named.insert(options.block);
  constexpr std::size_t kFewValues = 3;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    std::set<std::string> values;
    bool differs = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      values.insert(table.rows[rows[i].source][column]);
      differs =
          differs || (i > 0 && rows[i].cell == rows[i - 1].cell &&
                      table.rows[rows[i].source][column] != table.rows[rows[i - 1].source][column]);
    }
    if (named.count(table.header[column]) == 0 && differs && values.size() <= kFewValues) {
      warnings.push_back(
          fmt::format("rows taken as replicates of one cell differ in column '{}': if it is a "
                      "factor, name it in "
                      "--factors or fix it with --where",
                      table.header[column]));
    }
  }
}

}  // namespace

StudyData read_cell_table(const CsvTable& table, const CellTableOptions& options) {
  TableFindings columns;
  for (const auto* names : {&options.factors, &options.responses}) {
    for (const std::string& name : *names) {
      columns.gather([&] { (void)table.column(name); });
    }
  }
  columns.throw_if_any();
  std::vector<std::string> warnings;
  const std::vector<std::size_t> kept = kept_rows(table, options, warnings);
  std::vector<Factor> factors;
  for (const std::string& name : options.factors) {
    factors.push_back(read_factor(table, name, kept, options));
  }
  StudyData data{.design = Design(std::move(factors))};
  data.warnings = std::move(warnings);
  data.seeds_are_blocks = block_column(table, options).has_value();
  std::vector<CellRow> rows = read_cell_rows(table, options, kept, data.design);
  order_cell_rows(table, data.seeds_are_blocks, rows);
  warn_of_forgotten_factors(table, options, rows, data.warnings);

  std::vector<bool> run(data.design.size(), false);
  for (const CellRow& row : rows) {
    run[row.cell] = true;
    data.runs.push_back({.cell = row.cell, .seed = row.block});
  }
  data.design.set_run(std::move(run));
  for (std::size_t i = 0; i < options.responses.size(); ++i) {
    const std::string& name = options.responses[i];
    const bool lower =
        std::count(options.lower_is_better.begin(), options.lower_is_better.end(), name) > 0;
    Response response{.metric = name,
                      .region = region_of_column(name),
                      .higher_is_better = !lower && higher_is_better(name)};
    for (const CellRow& row : rows) {
      response.run_values.push_back(row.values[i]);
    }
    data.responses.push_back(std::move(response));
  }
  return data;
}

}  // namespace yates::study
