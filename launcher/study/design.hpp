// SPDX-License-Identifier: Apache-2.0
// The cells of a factorial design, which of them were run, and their standard (Yates) order.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "launcher/study/factor.hpp"

namespace yates::study {

/// All combinations of factor levels. Cells are numbered in Yates' standard order: the first factor
/// changes fastest. A cell that was never run keeps its number.
class Design {
 public:
  /// Every combination is run, except the cells that match one of the partial cells `exclude`.
  /// Throws Error{BadConfig} for no factor, fewer than two levels, a repeated name or level, an
  /// unknown name in `exclude`, and when nothing is left.
  explicit Design(std::vector<Factor> factors, const std::vector<Levels>& exclude = {});

  [[nodiscard]] const std::vector<Factor>& factors() const { return factors_; }
  /// Number of all combinations, run or not.
  [[nodiscard]] std::size_t size() const { return run_.size(); }
  [[nodiscard]] bool is_run(std::size_t cell) const { return run_[cell]; }
  [[nodiscard]] std::size_t run_count() const;
  [[nodiscard]] bool complete() const { return run_count() == size(); }
  /// True if every factor has two levels.
  [[nodiscard]] bool two_level() const;

  /// Declares which cells were run; one flag per cell.
  void set_run(std::vector<bool> run);

  /// Level index of `factor` in `cell`.
  [[nodiscard]] std::size_t level(std::size_t cell, std::size_t factor) const;
  /// Number of the cell with these level indices, one per factor.
  [[nodiscard]] std::size_t cell(std::span<const std::size_t> levels) const;
  /// The names of the cell's levels, all factors.
  [[nodiscard]] Levels levels(std::size_t cell) const;
  /// True if `cell` has every level of the partial cell. Throws Error{BadConfig} if `partial` names
  /// an unknown factor or level.
  [[nodiscard]] bool matches(std::size_t cell, const Levels& partial) const;
  /// "relocate=-, prune=+", in the order of the factors; factors left out of `levels` are skipped.
  [[nodiscard]] std::string describe(const Levels& levels) const;

 private:
  std::vector<Factor> factors_;
  std::vector<bool> run_;
};

/// Checks that every factor and level of `levels` exists. Throws Error{BadConfig} with a
/// suggestion.
void check_levels(const std::vector<Factor>& factors, const Levels& levels);

}  // namespace yates::study
