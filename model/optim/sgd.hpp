// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with Nesterov momentum, in place.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "kernels/optim/sgd_torch.hpp"

namespace yates::model {

using kernels::SgdStep;
using kernels::SgdTriple;

/// g = scale * gradient + weight_decay * p;  v = momentum * v + g;  p -= lr * (g + momentum * v),
/// for all parameters in one pass. Parameter and velocity (zeros before the first step) are
/// contiguous, of one dtype, and are overwritten; an undefined gradient counts as zero.
/// Elementwise: the same bits for any thread count. Source: PyTorch
/// `torch.optim.SGD(nesterov=True)` with dampening 0.
inline void sgd_update(std::span<const SgdTriple> triples, const SgdStep& step) {
  kernels::sgd_update(triples, step);
}

/// The same for one parameter.
inline void sgd_update(const at::Tensor& parameter,
                       const at::Tensor& gradient,
                       const at::Tensor& velocity,
                       const SgdStep& step) {
  const SgdTriple triple{.parameter = parameter, .gradient = gradient, .velocity = velocity};
  kernels::sgd_update({&triple, 1}, step);
}

}  // namespace yates::model
