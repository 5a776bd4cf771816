// SPDX-License-Identifier: Apache-2.0
// Reads a published table: one row per cell (or per replicate), columns of factors and responses.
#pragma once

#include <string>
#include <vector>

#include "base/csv.hpp"
#include "launcher/study/study_data.hpp"

namespace yates::study {

struct CellTableOptions {
  std::vector<std::string> factors = {};    ///< Columns, in the order of signs and Yates order.
  std::vector<std::string> responses = {};  ///< Columns of numbers.
  std::vector<Factor> levels = {};          ///< Fixed orders; rows with other levels are left out.
  Levels where = {};                        ///< Keep only rows with these values in these columns.
  std::string block = "seed";               ///< Column of blocks, used where the table has it.
  bool block_required = false;              ///< Refuse a table without that column.
  std::vector<std::string> lower_is_better =
      {};  ///< Responses to be read so, whatever their names.
};

/// Reads the table. Rows of one cell are replicates; with a block column each block may hold a cell
/// once. The result does not depend on the order of the rows. Throws Error{BadData} naming line and
/// column: unknown columns, a block that is a factor, text or nan for a number, an empty level, a
/// factor with one level, a cell twice in a block.
StudyData read_cell_table(const CsvTable& table, const CellTableOptions& options);

}  // namespace yates::study
