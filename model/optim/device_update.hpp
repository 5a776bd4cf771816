// SPDX-License-Identifier: Apache-2.0
// Clip and update of all parameters whose factors are known to the device alone.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/optim/loss_scale.hpp"

namespace yates::model {

/// What is updated, in the same order; gradients are those of the scaled loss.
struct UpdatedTensors {
  std::vector<at::Tensor> parameters, gradients, velocities;
};

struct DeviceSgdStep {
  double lr = 0.01;
  double momentum = 0.99;
  double weight_decay = 1e-5;
  double clip_norm = 12.0;  ///< <= 0: no clip.
};

/// L2 norm over all elements of `gradients` divided by the scale: a float32 scalar on the device.
/// Not finite if any gradient is not. LibTorch's norms, which add in an order fixed by the shapes.
at::Tensor unscaled_norm(const std::vector<at::Tensor>& gradients, const at::Tensor& scale);

/// The update of sgd_update with gradient_scale = clip factor / scale, unless `skip` is 1: then
/// nothing changes. `scale` is that of the gradients, `norm` what unscaled_norm gave. Overwrites
/// the gradients too. Elementwise (LibTorch's fused kernel): deterministic.
void device_sgd_update(const UpdatedTensors& tensors,
                       const DeviceSgdStep& step,
                       const at::Tensor& norm,
                       const at::Tensor& scale,
                       const at::Tensor& skip);

}  // namespace yates::model
