// SPDX-License-Identifier: Apache-2.0
// What an incomplete design can and cannot tell: rank, aliases, estimable effects, and the cheapest
// cells to add. A linear function c of the coefficients is estimable exactly if c N = 0, where N
// spans the null space of the model matrix over the cells that were run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/study/contrast.hpp"
#include "launcher/study/design.hpp"

namespace yates::study {

/// A linear model in contrast coding: one column per term over all cells of the design, the
/// constant "1" first, lower orders before higher ones.
struct LinearModel {
  std::vector<std::string> terms;            ///< "1", then short names (see `short_name`).
  std::vector<std::string> contrasts;        ///< The same terms as names of contrasts.
  std::vector<std::vector<double>> columns;  ///< columns[term][cell]; two levels code -1, +1.
};

/// The model with all effects up to `largest_order` factors.
LinearModel factorial_model(const Design& design, std::size_t largest_order);

/// The name of a product of components: written together when every factor name is one character
/// ("RP"), else joined by ':' ("relocate:prune").
std::string short_name(const Design& design, const std::vector<Component>& parts);

/// Rank of the model matrix over the cells that were run.
std::size_t model_rank(const Design& design, const LinearModel& model);

/// For each term of the model, whether its coefficient is estimable without further assumptions.
std::vector<bool> estimable_terms(const Design& design, const LinearModel& model);

/// One dependence among the columns over the cells that were run.
struct Alias {
  std::string term;      ///< The term that the others determine.
  std::string contrast;  ///< Its name as a contrast.
  std::string equation;  ///< "RL = 1 - R + L".
};

/// All dependences, one per missing rank, from the reduced row echelon form: the term of higher
/// order is expressed by those of lower order.
std::vector<Alias> alias_equations(const Design& design, const LinearModel& model);

/// True if the contrast of cell means is estimable under the model from the cells that were run.
bool is_estimable(const Design& design, const LinearModel& model, const Contrast& contrast);

/// The fewest missing cells that make `contrast` estimable under `model`; empty if it is already.
/// With equal counts the first in standard order. Nothing if no three cells suffice and the model
/// does not already settle it; the saturated model needs exactly the missing cells with weight.
std::optional<std::vector<std::size_t>> cells_to_add(const Design& design,
                                                     const LinearModel& model,
                                                     const Contrast& contrast);

}  // namespace yates::study
