// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with Nesterov momentum, in place.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "kernels/optim/sgd_torch.hpp"

namespace yates::model {

using kernels::gradient_norm;
using kernels::SgdStep;
using kernels::SgdTriple;
using kernels::SgdVerdict;

/// In one pass over all parameters, with the numbers of the host, or with those that the device of
/// the parameters alone knows. Source: PyTorch `torch.optim.SGD(nesterov=True)` with dampening 0.
using kernels::sgd_update;

/// The first for one parameter.
inline void sgd_update(const at::Tensor& parameter,
                       const at::Tensor& gradient,
                       const at::Tensor& velocity,
                       const SgdStep& step) {
  const SgdTriple triple{.parameter = parameter, .gradient = gradient, .velocity = velocity};
  kernels::sgd_update({&triple, 1}, step);
}

}  // namespace yates::model
