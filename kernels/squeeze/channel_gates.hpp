// SPDX-License-Identifier: Apache-2.0
// The small dense part of squeeze-excite between its two passes over the voxels.
#pragma once

#include <vector>

#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// Writes kept.hidden and kept.gates from kept.means. Sums in double, in the order of the weights'
/// columns. Serial, deterministic; a sample's gates do not depend on the batch.
template <typename T>
void channel_gates(const SqueezeExciteShape& shape,
                   const SqueezeExciteWeights<T>& weights,
                   const SqueezeExciteKept<T>& kept);

/// Writes the gradients of the weights, samples added in their order, and returns those of the
/// means (batch, channel), given those of the gates (batch, channel).
template <typename T>
std::vector<double> channel_gates_backward(const SqueezeExciteShape& shape,
                                           const SqueezeExciteWeights<T>& weights,
                                           const SqueezeExciteKept<T>& kept,
                                           const std::vector<double>& grad_gates,
                                           const SqueezeExciteGradients<T>& gradients);

}  // namespace yates::kernels
