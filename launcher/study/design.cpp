// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/design.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::study {
namespace {

constexpr std::size_t kMostCells = 65536;

[[noreturn]] void fail(std::string what, std::string allowed, std::string fix = "") {
  throw Error(ExitCode::BadConfig,
              Problem{.what = std::move(what),
                      .where = "design",
                      .allowed = std::move(allowed),
                      .fix = std::move(fix)});
}

std::vector<std::string> names_of(const std::vector<Factor>& factors) {
  std::vector<std::string> names;
  for (const Factor& factor : factors) {
    names.push_back(factor.name);
  }
  return names;
}

std::size_t count_cells(const std::vector<Factor>& factors) {
  if (factors.empty()) {
    fail("there is no factor", "at least one factor with two levels");
  }
  std::set<std::string> names;
  std::size_t cells = 1;
  for (const Factor& factor : factors) {
    if (!names.insert(factor.name).second) {
      fail(fmt::format("factor '{}' appears twice", factor.name), "factors with distinct names");
    }
    const std::set<std::string> levels(factor.levels.begin(), factor.levels.end());
    if (factor.levels.size() < 2 || levels.size() != factor.levels.size()) {
      fail(fmt::format("factor '{}' has the levels: {}", factor.name, join(factor.levels, ", ")),
           "at least two levels, all different");
    }
    cells *= factor.levels.size();
    if (cells > kMostCells) {
      fail("the factors have too many combinations", fmt::format("at most {}", kMostCells));
    }
  }
  return cells;
}

/// As `matches`, for levels that were checked.
bool agrees(const Design& design, std::size_t cell, const Levels& partial) {
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    const Factor& factor = design.factors()[f];
    const auto wanted = partial.find(factor.name);
    if (wanted != partial.end() && factor.levels[design.level(cell, f)] != wanted->second) {
      return false;
    }
  }
  return true;
}

}  // namespace

void check_levels(const std::vector<Factor>& factors, const Levels& levels) {
  for (const auto& [name, level] : levels) {
    const auto index = find_factor(factors, name);
    if (!index) {
      const auto names = names_of(factors);
      fail(fmt::format("there is no factor '{}'", name),
           "the factors are: " + join(names, ", "),
           suggestion(name, names));
    }
    const Factor& factor = factors[*index];
    if (!find_level(factor, level)) {
      fail(fmt::format("factor '{}' has no level '{}'", name, level),
           "its levels are: " + join(factor.levels, ", "),
           suggestion(level, factor.levels));
    }
  }
}

Design::Design(std::vector<Factor> factors, const std::vector<Levels>& exclude)
    : factors_(std::move(factors)), run_(count_cells(factors_), true) {
  for (const Levels& partial : exclude) {
    check_levels(factors_, partial);
    for (std::size_t cell = 0; cell < size(); ++cell) {
      run_[cell] = run_[cell] && !agrees(*this, cell, partial);
    }
  }
  if (run_count() == 0) {
    fail("the exclusions leave no cell", "at least one cell that is run");
  }
}

std::size_t Design::run_count() const {
  return static_cast<std::size_t>(std::count(run_.begin(), run_.end(), true));
}

bool Design::two_level() const {
  return std::all_of(
      factors_.begin(), factors_.end(), [](const Factor& f) { return f.levels.size() == 2; });
}

void Design::set_run(std::vector<bool> run) {
  YATES_ASSERT(run.size() == run_.size(), "{} flags for {} cells", run.size(), run_.size());
  run_ = std::move(run);
}

std::size_t Design::level(std::size_t cell, std::size_t factor) const {
  for (std::size_t f = 0; f < factor; ++f) {
    cell /= factors_[f].levels.size();
  }
  return cell % factors_[factor].levels.size();
}

std::size_t Design::cell(std::span<const std::size_t> levels) const {
  YATES_ASSERT(levels.size() == factors_.size(), "{} levels", levels.size());
  std::size_t cell = 0;
  for (std::size_t f = factors_.size(); f-- > 0;) {
    cell = cell * factors_[f].levels.size() + levels[f];
  }
  return cell;
}

Levels Design::levels(std::size_t cell) const {
  Levels levels;
  for (std::size_t f = 0; f < factors_.size(); ++f) {
    levels[factors_[f].name] = factors_[f].levels[level(cell, f)];
  }
  return levels;
}

bool Design::matches(std::size_t cell, const Levels& partial) const {
  check_levels(factors_, partial);
  return agrees(*this, cell, partial);
}

std::string Design::describe(const Levels& levels) const {
  std::vector<std::string> parts;
  for (const Factor& factor : factors_) {
    const auto found = levels.find(factor.name);
    if (found != levels.end()) {
      parts.push_back(factor.name + "=" + found->second);
    }
  }
  return join(parts, ", ");
}

}  // namespace yates::study
