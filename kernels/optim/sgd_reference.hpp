// SPDX-License-Identifier: Apache-2.0
// Gradient norm and SGD update, written plainly.
#pragma once

#include <span>

#include "kernels/optim/sgd.hpp"

namespace yates::kernels {

/// Sum of the squares of all gradients, in double, element after element. Reads nothing else.
template <typename T>
double square_sum_reference(std::span<const SgdTensor<T>> tensors);

/// The update of kernels/optim/sgd.hpp in place, every step in double. Serial, deterministic.
/// Source: PyTorch `torch.optim.SGD(nesterov=True)` with dampening 0.
template <typename T>
void sgd_reference(std::span<const SgdTensor<T>> tensors, const SgdStep& step);

}  // namespace yates::kernels
