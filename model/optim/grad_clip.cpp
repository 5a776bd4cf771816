// SPDX-License-Identifier: Apache-2.0
#include "model/optim/grad_clip.hpp"

#include <cmath>

namespace yates::model {

double global_norm(std::span<const at::Tensor> gradients) {
  return std::sqrt(kernels::square_sum(gradients));
}

}  // namespace yates::model
