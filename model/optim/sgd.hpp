// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with Nesterov momentum, in place.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

/// The numbers of one update.
struct SgdStep {
  double lr = 0.01;
  double momentum = 0.99;
  double weight_decay = 1e-5;
  double gradient_scale = 1.0;  ///< Clip factor, and 1 / batch or 1 / loss scale where they apply.
};

/// g = scale * gradient + weight_decay * p;  v = momentum * v + g;  p -= lr * (g + momentum * v).
/// `parameter` and `velocity` (zeros before the first step) are contiguous, of one dtype, and are
/// overwritten; an undefined `gradient` counts as zero. Elementwise: the same bits for any thread
/// count. Source: PyTorch `torch.optim.SGD(nesterov=True)` with dampening 0.
void sgd_update(const at::Tensor& parameter,
                const at::Tensor& gradient,
                const at::Tensor& velocity,
                const SgdStep& step);

}  // namespace yates::model
