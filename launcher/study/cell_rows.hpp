// SPDX-License-Identifier: Apache-2.0
// The rows of a cell table as numbers: cell, block and responses of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/design.hpp"

namespace yates::study {

/// One kept row: its cell, block and responses.
struct CellRow {
  std::size_t source = 0;  ///< Row of the table.
  std::size_t cell = 0;
  std::int64_t block = 0;
  std::vector<double> values;
};

/// The column of blocks; nothing where the table has none or uses it as a factor. Throws
/// Error{BadData} for one that is required.
std::optional<std::size_t> block_column(const CsvTable& table, const CellTableOptions& options);

/// The rows `kept` of the table. Throws Error{BadData} naming every response that is no finite
/// number.
std::vector<CellRow> read_cell_rows(const CsvTable& table,
                                    const CellTableOptions& options,
                                    const std::vector<std::size_t>& kept,
                                    const Design& design);

/// Sorts rows by cell and block, or by cell and values where there are no blocks; numbers
/// replicates. Throws Error{BadData} for a cell that stands twice in a block.
void order_cell_rows(const CsvTable& table, bool blocks, std::vector<CellRow>& rows);

/// The number in a row. Throws Error{BadData} naming line and column if it is none, or not finite.
double finite_number(const CsvTable& table, std::size_t row, std::size_t column);

/// Throws Error{BadData} with these parts.
[[noreturn]] void refuse_table(std::string what,
                               std::string where,
                               std::string allowed,
                               std::string fix = "");

}  // namespace yates::study
