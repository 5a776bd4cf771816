// SPDX-License-Identifier: Apache-2.0
// Designs that several tests of the study mathematics share.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "launcher/study/anova.hpp"
#include "launcher/study/design.hpp"
#include "launcher/study/t_inference.hpp"

namespace yates::study::testing {

/// A 2^k design with one-letter factors and levels "0", "1".
inline Design letters(const std::string& names) {
  std::vector<Factor> factors;
  for (const char name : names) {
    factors.push_back({std::string(1, name), {"0", "1"}});
  }
  return Design(factors);
}

/// Tables 6 and 7 of the paper: factors R, P, L, W; the cells with R=0, L=1 were never run.
inline Design paper_design() {
  return Design({{"R", {"0", "1"}}, {"P", {"0", "1"}}, {"L", {"0", "1"}}, {"W", {"48", "32"}}},
                {{{"R", "0"}, {"L", "1"}}});
}

// R's npk: blocks of four, N:P:K confounded with blocks.
inline RunTable npk() {
  constexpr int kRows[24][4] = {
      {1, 0, 1, 1}, {1, 1, 1, 0}, {1, 0, 0, 0}, {1, 1, 0, 1}, {2, 1, 0, 0}, {2, 1, 1, 1},
      {2, 0, 0, 1}, {2, 0, 1, 0}, {3, 0, 1, 0}, {3, 1, 1, 1}, {3, 1, 0, 0}, {3, 0, 0, 1},
      {4, 1, 0, 0}, {4, 1, 1, 1}, {4, 0, 0, 1}, {4, 0, 1, 0}, {5, 1, 1, 0}, {5, 0, 0, 0},
      {5, 1, 0, 1}, {5, 0, 1, 1}, {6, 1, 0, 1}, {6, 1, 1, 0}, {6, 0, 1, 1}, {6, 0, 0, 0}};
  constexpr double kYield[24] = {49.5, 62.8, 46.8, 57,   59.8, 58.5, 55.5, 56,
                                 62.8, 55.8, 69.5, 55,   62,   48.8, 45.5, 44.2,
                                 52,   51.5, 49.8, 48.8, 57.2, 59,   53.2, 56};
  RunTable table{.cells = 8, .seeds_are_blocks = true, .runs = {}};
  for (int i = 0; i < 24; ++i) {
    const auto& row = kRows[i];
    table.runs.push_back(
        {static_cast<std::size_t>(row[1] + 2 * row[2] + 4 * row[3]), row[0], kYield[i]});
  }
  return table;
}

/// The rows of an ANOVA by their terms.
inline std::map<std::string, AnovaRow> by_term(const std::vector<AnovaRow>& rows) {
  std::map<std::string, AnovaRow> map;
  for (const AnovaRow& row : rows) {
    map[row.term] = row;
  }
  return map;
}

/// A table of runs without blocks: values[cell] are the replicates of the cell.
inline RunTable replicates(const std::vector<std::vector<double>>& values) {
  RunTable table{.cells = values.size(), .seeds_are_blocks = false, .runs = {}};
  for (std::size_t cell = 0; cell < values.size(); ++cell) {
    for (std::size_t i = 0; i < values[cell].size(); ++i) {
      table.runs.push_back({cell, static_cast<std::int64_t>(i), values[cell][i]});
    }
  }
  return table;
}

}  // namespace yates::study::testing
