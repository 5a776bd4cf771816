// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/complete_part.hpp"

#include <bit>
#include <utility>

namespace yates::study {
namespace {

constexpr std::size_t kMostChoices = 65536;

/// Calls visit(cell) for every combination of the kept levels, first factor fastest; stops at
/// false.
template <typename Visit>
bool for_each_cell(const Design& design, const std::vector<unsigned>& kept, Visit visit) {
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    bool inside = true;
    for (std::size_t f = 0; f < kept.size() && inside; ++f) {
      inside = (kept[f] >> design.level(cell, f) & 1U) != 0;
    }
    if (inside && !visit(cell)) {
      return false;
    }
  }
  return true;
}

struct Size {
  std::size_t cells = 1;
  std::size_t factors = 0;
  auto operator<=>(const Size&) const = default;
};

Size size_of(const std::vector<unsigned>& kept) {
  Size size;
  for (const unsigned levels : kept) {
    size.cells *= static_cast<std::size_t>(std::popcount(levels));
    size.factors += std::popcount(levels) > 1 ? 1 : 0;
  }
  return size;
}

CompletePart make_part(const Design& design, const std::vector<unsigned>& kept) {
  std::vector<Factor> factors;
  Levels at;
  for (std::size_t f = 0; f < kept.size(); ++f) {
    const Factor& whole = design.factors()[f];
    Factor factor{whole.name, {}};
    for (std::size_t level = 0; level < whole.levels.size(); ++level) {
      if ((kept[f] >> level & 1U) != 0) {
        factor.levels.push_back(whole.levels[level]);
      }
    }
    if (factor.levels.size() == 1) {
      at[factor.name] = factor.levels[0];
    } else {
      factors.push_back(std::move(factor));
    }
  }
  CompletePart part{.design = Design(std::move(factors)), .at = std::move(at), .cells = {}};
  for_each_cell(design, kept, [&](std::size_t cell) {
    part.cells.push_back(cell);
    return true;
  });
  return part;
}

}  // namespace

std::optional<CompletePart> largest_complete_part(const Design& design) {
  std::size_t choices = 1;
  std::vector<unsigned> all;
  for (const Factor& factor : design.factors()) {
    all.push_back((1U << factor.levels.size()) - 1);
    choices *= all.back();
    if (factor.levels.size() > 16 || choices > kMostChoices) {
      return std::nullopt;
    }
  }
  if (design.complete()) {
    return make_part(design, all);
  }
  std::vector<unsigned> best;
  Size best_size{.cells = 1, .factors = 0};
  for (std::size_t choice = 0; choice < choices; ++choice) {
    std::vector<unsigned> kept;
    std::size_t rest = choice;
    for (const unsigned levels : all) {
      kept.push_back(static_cast<unsigned>(rest % levels) + 1);
      rest /= levels;
    }
    if (size_of(kept) > best_size &&
        for_each_cell(design, kept, [&](std::size_t cell) { return design.is_run(cell); })) {
      best_size = size_of(kept);
      best = std::move(kept);
    }
  }
  if (best_size.factors == 0) {
    return std::nullopt;
  }
  return make_part(design, best);
}

}  // namespace yates::study
