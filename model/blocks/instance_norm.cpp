// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/instance_norm.hpp"

#include "kernels/norm/instance_norm_torch.hpp"

namespace yates::model {

at::Tensor instance_norm(const at::Tensor& x) {
  return kernels::instance_norm(x, {}, {.epsilon = kNormEpsilon});
}

at::Tensor instance_norm_relu(const at::Tensor& x) {
  return kernels::instance_norm(x, {}, {.negative_slope = 0, .epsilon = kNormEpsilon});
}

at::Tensor instance_norm_leaky_relu(const at::Tensor& x, const at::Tensor& residual) {
  return kernels::instance_norm(
      x, residual, {.negative_slope = kLeakySlope, .epsilon = kNormEpsilon});
}

at::Tensor instance_norms_leaky_relu(const at::Tensor& x, const at::Tensor& shortcut) {
  return kernels::instance_norm(
      x,
      shortcut,
      {.normalise_residual = true, .negative_slope = kLeakySlope, .epsilon = kNormEpsilon});
}

}  // namespace yates::model
