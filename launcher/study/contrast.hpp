// SPDX-License-Identifier: Apache-2.0
// Contrasts of cell means: main effects, interactions as differences of differences, polynomial
// components, each averaged over the other factors or at fixed levels of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/study/design.hpp"

namespace yates::study {

/// One comparison of the levels of one factor. With two levels the only one is high minus low.
struct Component {
  std::size_t factor = 0;
  std::string label;            ///< "width", "width.lin", "width.quad", "kernel[gelu-relu]".
  std::vector<double> weights;  ///< One per level; sums to zero.
};

/// The components of one factor: one with two levels; polynomials if all levels are numbers; else
/// every other level against the first.
std::vector<Component> components(const Design& design, std::size_t factor);

/// The factors that none of `parts` compares.
std::vector<std::size_t> other_factors(const Design& design, const std::vector<Component>& parts);

/// Every setting of the levels of these factors; the last factor changes fastest.
std::vector<Levels> settings_of(const Design& design, const std::vector<std::size_t>& factors);

/// A sum of weighted cell means.
struct Contrast {
  std::string name;             ///< Labels of the components joined by ':'.
  Levels at;                    ///< Fixed levels; factors in neither part are averaged over.
  std::size_t order = 0;        ///< Number of factors compared: 1 main effect, 2 interaction, ...
  std::vector<double> weights;  ///< One per cell of the design, run or not.

  /// Sum of squared weights: Var = sigma^2 * L2 / n with n independent runs per cell.
  [[nodiscard]] double squared_length() const;
  /// The weighted sum of `cell_means`, one per cell; cells without weight may hold anything.
  [[nodiscard]] double estimate(const std::vector<double>& cell_means) const;
};

/// Builds the contrast of `parts` at the levels `at`. The scale is the paper's: the main effect is
/// high minus low, an interaction a difference of differences, each further factor differenced once
/// more. Throws Error{BadConfig} when a factor is in both, or unknown.
Contrast make_contrast(const Design& design, const std::vector<Component>& parts, const Levels& at);

/// Builds a contrast from its name, e.g. "relocate:prune", "width.quad", "width[32-48]".
/// Throws Error{BadConfig} naming what the factor allows.
Contrast parse_contrast(const Design& design, std::string_view name, const Levels& at);

/// Every set of components, one per factor, of 1 to `largest_order` factors; lower orders first,
/// then in the order of the factors.
std::vector<std::vector<Component>> component_sets(const Design& design, std::size_t largest_order);

/// Every contrast of up to `largest_order` factors: averaged over the other factors, then at each
/// combination of their levels (these only, where there are no others).
std::vector<Contrast> all_contrasts(const Design& design, std::size_t largest_order);

/// True if every cell with weight was run: then the contrast needs no assumption.
bool is_supported(const Design& design, const Contrast& contrast);

}  // namespace yates::study
