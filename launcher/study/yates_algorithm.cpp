// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/yates_algorithm.hpp"

#include <bit>
#include <utility>

#include "base/error.hpp"

namespace yates::study {

std::vector<double> yates_transform(std::vector<double> values) {
  YATES_ASSERT(std::has_single_bit(values.size()), "{} values", values.size());
  const std::size_t half = values.size() / 2;
  std::vector<double> next(values.size());
  for (std::size_t passes = static_cast<std::size_t>(std::countr_zero(values.size())); passes > 0;
       --passes) {
    for (std::size_t i = 0; i < half; ++i) {
      next[i] = values[2 * i] + values[2 * i + 1];
      next[half + i] = values[2 * i + 1] - values[2 * i];
    }
    std::swap(values, next);
  }
  return values;
}

std::vector<FactorialEffect> factorial_effects(const Design& design,
                                               const std::vector<double>& cell_means) {
  YATES_ASSERT(design.complete() && design.two_level(), "the design is not a complete 2^k");
  const std::vector<double> totals = yates_transform(cell_means);
  std::vector<FactorialEffect> effects;
  for (std::size_t term = 1; term < totals.size(); ++term) {
    FactorialEffect effect;
    for (std::size_t f = 0; f < design.factors().size(); ++f) {
      if ((term >> f & 1U) != 0) {
        effect.term += (effect.term.empty() ? "" : ":") + design.factors()[f].name;
        ++effect.order;
      }
    }
    effect.coded = totals[term] / static_cast<double>(totals.size());
    effect.effect = 2 * effect.coded;
    effect.interaction = static_cast<double>(std::size_t{1} << effect.order) * effect.coded;
    effects.push_back(std::move(effect));
  }
  return effects;
}

}  // namespace yates::study
