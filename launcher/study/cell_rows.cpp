// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/cell_rows.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::study {
namespace {

std::string place(const CsvTable& table, std::size_t row) {
  return fmt::format("{}:{}", table.origin, table.lines[row]);
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
      refuse_table("the row names no " + name, place(table, source), "a block in every row");
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

}  // namespace

void refuse_table(std::string what, std::string where, std::string allowed, std::string fix) {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = std::move(where),
                      .allowed = std::move(allowed),
                      .fix = std::move(fix)});
}

double finite_number(const CsvTable& table, std::size_t row, std::size_t column) {
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
      refuse_table(fmt::format("'{}' is named as factor and as block", options.block),
                   table.origin,
                   "a column that is one of them");
    }
    return std::nullopt;
  }
  return options.block_required ? table.column(options.block) : table.find_column(options.block);
}

std::vector<CellRow> read_cell_rows(const CsvTable& table,
                                    const CellTableOptions& options,
                                    const std::vector<std::size_t>& kept,
                                    const Design& design) {
  std::vector<CellRow> rows;
  TableFindings findings;
  const auto block = block_column(table, options);
  const auto blocks = block ? read_blocks(table, options.block, *block, kept)
                            : std::vector<std::int64_t>(kept.size(), 0);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const std::size_t source = kept[k];
    CellRow row{.source = source, .cell = 0, .block = blocks[k], .values = {}};
    std::vector<std::size_t> levels;
    for (const Factor& factor : design.factors()) {
      levels.push_back(*find_level(factor, trim(table.rows[source][table.column(factor.name)])));
    }
    row.cell = design.cell(levels);
    for (const std::string& response : options.responses) {
      const std::size_t column = table.column(response);
      findings.gather([&] { row.values.push_back(finite_number(table, source, column)); });
    }
    rows.push_back(std::move(row));
  }
  findings.throw_if_any();
  return rows;
}

void order_cell_rows(const CsvTable& table, bool blocks, std::vector<CellRow>& rows) {
  std::sort(rows.begin(), rows.end(), [&](const CellRow& a, const CellRow& b) {
    return blocks ? std::pair(a.cell, a.block) < std::pair(b.cell, b.block)
                  : std::pair(a.cell, a.values) < std::pair(b.cell, b.values);
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool same_cell = i > 0 && rows[i].cell == rows[i - 1].cell;
    if (!blocks) {
      rows[i].block = same_cell ? rows[i - 1].block + 1 : 1;
    } else if (same_cell && rows[i].block == rows[i - 1].block) {
      const auto [first, second] = std::minmax(rows[i - 1].source, rows[i].source);
      refuse_table(fmt::format("block {} holds this cell twice, first in line {}",
                               rows[i].block,
                               table.lines[first]),
                   place(table, second),
                   "each cell at most once per block",
                   "name the block column with --block, or remove the column");
    }
  }
}

}  // namespace yates::study
