// SPDX-License-Identifier: Apache-2.0
// Gradient norm and SGD update on tensors.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "kernels/optim/sgd.hpp"

namespace yates::kernels {

/// One parameter; an undefined gradient counts as zero.
struct SgdTriple {
  at::Tensor parameter, gradient, velocity;
};

/// Sum of the squares of all elements of all gradients, float32 or float64, undefined ones none.
/// On the CPU with the same bits for any thread count; elsewhere by LibTorch's operators.
double square_sum(std::span<const at::Tensor> gradients);

/// The update of kernels/optim/sgd.hpp in place. Parameters and velocities are contiguous and of
/// one dtype. On the CPU float32 (fast) or float64 (reference), the same bits for any thread count;
/// elsewhere by LibTorch's operators. Throws c10::Error when a triple does not fit.
void sgd_update(std::span<const SgdTriple> triples, const SgdStep& step);

}  // namespace yates::kernels
