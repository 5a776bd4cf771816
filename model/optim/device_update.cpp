// SPDX-License-Identifier: Apache-2.0
#include "model/optim/device_update.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

namespace yates::model {

at::Tensor unscaled_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& scale) {
  const at::NoGradGuard no_grad;
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2) / scale;
}

void device_sgd_update(const UpdatedTensors& tensors,
                       const DeviceSgdStep& step,
                       const at::Tensor& norm,
                       const at::Tensor& scale,
                       const at::Tensor& skip) {
  const at::NoGradGuard no_grad;
  constexpr double kGuard = 1e-6;  // As in clip_factor.
  at::Tensor divisor = scale;
  if (step.clip_norm > 0) {
    divisor = scale * at::clamp_min((norm + kGuard) / step.clip_norm, 1.0);
  }
  at::_fused_sgd_(tensors.parameters,
                  tensors.gradients,
                  tensors.velocities,
                  step.weight_decay,
                  step.momentum,
                  step.lr,
                  /*dampening=*/0.0,
                  /*nesterov=*/true,
                  /*maximize=*/false,
                  /*is_first_step=*/false,
                  divisor,
                  skip);
}

}  // namespace yates::model
