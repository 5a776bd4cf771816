// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/cell_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::study {
namespace {

[[noreturn]] void fail(std::string what,
                       std::string where,
                       std::string allowed,
                       std::string fix = "") {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = std::move(where),
                      .allowed = std::move(allowed),
                      .fix = std::move(fix)});
}

std::string place(const CsvTable& table, std::size_t row) {
  return fmt::format("{}:{}", table.origin, table.lines[row]);
}

/// One kept row: its cell, block and responses.
struct Row {
  std::size_t source = 0;
  std::size_t cell = 0;
  std::int64_t block = 0;
  std::vector<double> values;
};

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
    fail("no row is left", table.origin, "at least one row with the asked levels");
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
        fail(fmt::format("--levels names '{}' for factor '{}'", level, name),
             table.origin,
             "its levels are: " + join(factor.levels, ", "),
             suggestion(level, factor.levels));
      }
    }
    factor.levels = options.levels[*fixed].levels;
  }
  if (factor.levels.size() < 2) {
    fail(fmt::format("factor '{}' has only the level '{}'", name, join(factor.levels, ", ")),
         table.origin,
         "at least two levels",
         fmt::format("leave '{}' out of --factors", name));
  }
  for (std::size_t i = 1; i < factor.levels.size(); ++i) {
    const auto a = parse_number(factor.levels[i - 1]);
    const auto b = parse_number(factor.levels[i]);
    if (a && b && *a == *b) {
      fail(fmt::format("factor '{}' has the levels '{}' and '{}', one number",
                       name,
                       factor.levels[i - 1],
                       factor.levels[i]),
           table.origin,
           "each level written in one way");
    }
  }
  return factor;
}

double read_response(const CsvTable& table, std::size_t row, std::size_t column) {
  const double value = table.number(row, column);
  if (!std::isfinite(value)) {
    throw Error(
        ExitCode::BadData,
        table.problem_at(
            row,
            column,
            fmt::format("column '{}' holds '{}'", table.header[column], table.rows[row][column]),
            "a finite number",
            "leave out the row of a cell that was not run"));
  }
  return value;
}

std::optional<std::size_t> block_column(const CsvTable& table, const CellTableOptions& options) {
  if (std::count(options.factors.begin(), options.factors.end(), options.block) > 0) {
    if (options.block_required) {
      fail(fmt::format("'{}' is named as factor and as block", options.block),
           table.origin,
           "a column that is one of them");
    }
    return std::nullopt;
  }
  return options.block_required ? table.column(options.block) : table.find_column(options.block);
}

/// The block of each kept row: its number where all are integers, else the rank of its text.
std::vector<std::int64_t> read_blocks(const CsvTable& table,
                                      const std::string& name,
                                      std::size_t column,
                                      const std::vector<std::size_t>& kept) {
  std::map<std::string, std::int64_t> numbers;
  bool integers = true;
  for (const std::size_t source : kept) {
    const std::string text(trim(table.rows[source][column]));
    if (text.empty()) {
      fail("the row names no " + name, place(table, source), "a block in every row");
    }
    const auto number = parse_integer(text);
    integers = integers && number.has_value();
    numbers.emplace(text, number.value_or(0));
  }
  std::int64_t rank = 0;
  for (auto& [text, number] : numbers) {
    number = integers ? number : ++rank;
  }
  std::vector<std::int64_t> blocks;
  for (const std::size_t source : kept) {
    blocks.push_back(numbers.at(std::string(trim(table.rows[source][column]))));
  }
  return blocks;
}

std::vector<Row> read_rows(const CsvTable& table,
                           const CellTableOptions& options,
                           const std::vector<std::size_t>& kept,
                           const Design& design) {
  std::vector<Row> rows;
  TableFindings findings;
  const auto block = block_column(table, options);
  const auto blocks = block ? read_blocks(table, options.block, *block, kept)
                            : std::vector<std::int64_t>(kept.size(), 0);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const std::size_t source = kept[k];
    Row row{.source = source, .cell = 0, .block = blocks[k], .values = {}};
    std::vector<std::size_t> levels;
    for (const Factor& factor : design.factors()) {
      levels.push_back(*find_level(factor, trim(table.rows[source][table.column(factor.name)])));
    }
    row.cell = design.cell(levels);
    for (const std::string& response : options.responses) {
      const std::size_t column = table.column(response);
      findings.gather([&] { row.values.push_back(read_response(table, source, column)); });
    }
    rows.push_back(std::move(row));
  }
  findings.throw_if_any();
  return rows;
}

/// Sorts rows by cell and block, or by cell and values where there are no blocks; numbers
/// replicates.
void order_rows(const CsvTable& table, bool blocks, std::vector<Row>& rows) {
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return blocks ? std::pair(a.cell, a.block) < std::pair(b.cell, b.block)
                  : std::pair(a.cell, a.values) < std::pair(b.cell, b.values);
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool same_cell = i > 0 && rows[i].cell == rows[i - 1].cell;
    if (!blocks) {
      rows[i].block = same_cell ? rows[i - 1].block + 1 : 1;
    } else if (same_cell && rows[i].block == rows[i - 1].block) {
      const auto [first, second] = std::minmax(rows[i - 1].source, rows[i].source);
      fail(fmt::format("block {} holds this cell twice, first in line {}",
                       rows[i].block,
                       table.lines[first]),
           place(table, second),
           "each cell at most once per block",
           "name the block column with --block, or remove the column");
    }
  }
}

/// Replicates that differ in another column with few values may be cells of a forgotten factor.
void warn_of_forgotten_factors(const CsvTable& table,
                               const CellTableOptions& options,
                               const std::vector<Row>& rows,
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
  std::vector<Row> rows = read_rows(table, options, kept, data.design);
  order_rows(table, data.seeds_are_blocks, rows);
  warn_of_forgotten_factors(table, options, rows, data.warnings);

  std::vector<bool> run(data.design.size(), false);
  for (const Row& row : rows) {
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
    for (const Row& row : rows) {
      response.run_values.push_back(row.values[i]);
    }
    data.responses.push_back(std::move(response));
  }
  return data;
}

PairNoise read_pair_noise(const CsvTable& table, const std::string& response) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    if (table.header[column].ends_with("_" + response)) {
      columns.push_back(column);
    }
  }
  if (columns.size() != 2 || table.rows.empty()) {
    fail(
        fmt::format(
            "{} columns end with '_{}', over {} rows", columns.size(), response, table.rows.size()),
        table.origin,
        fmt::format("exactly two, e.g. first_{0} and second_{0}, one row per pair of runs",
                    response));
  }
  double squares = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double difference =
        read_response(table, row, columns[0]) - read_response(table, row, columns[1]);
    squares += difference * difference;
  }
  const auto pairs = static_cast<double>(table.rows.size());
  return {.sd = std::sqrt(squares / (2 * pairs)), .df = pairs};
}

}  // namespace yates::study
