// SPDX-License-Identifier: Apache-2.0
#include "model/optim/grad_clip.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/optim/sgd_torch.hpp"

namespace yates::model {

double global_norm(std::span<const at::Tensor> gradients) {
  return std::sqrt(kernels::square_sum(gradients));
}

double clip_factor(double norm, double clip_norm) {
  constexpr double kGuard = 1e-6;
  return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + kGuard)) : 1.0;
}

}  // namespace yates::model
