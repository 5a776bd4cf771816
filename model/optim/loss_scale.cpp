// SPDX-License-Identifier: Apache-2.0
#include "model/optim/loss_scale.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace yates::model {

LossScale::LossScale(const at::Device& device, bool dynamic)
    : dynamic_(dynamic), state_(at::zeros({4}, at::TensorOptions(at::kFloat).device(device))) {
  state_.select(0, 0).fill_(dynamic ? kInitial : 1.0);
}

at::Tensor LossScale::scaled(const at::Tensor& loss) const {
  // A copy: the state moves on before the graph is gone.
  return dynamic_ ? loss * scale().clone() : loss;
}

at::Tensor LossScale::judge(const at::Tensor& value) const {
  const at::NoGradGuard no_grad;
  const at::Tensor scale = state_.select(0, 0);
  const at::Tensor good_steps = state_.select(0, 1);
  const at::Tensor finite = at::isfinite(value);
  const at::Tensor was_stopped = state_.select(0, 3) > 0;
  const at::Tensor hopeless = at::logical_and(at::logical_not(finite), scale <= 1.0);
  const at::Tensor stopped = at::logical_or(was_stopped, hopeless);
  const at::Tensor skip = at::logical_or(at::logical_not(finite), stopped);
  const at::Tensor overflow = at::logical_and(skip, at::logical_not(stopped));

  const at::Tensor good = at::where(skip, 0.0, good_steps + 1.0);
  at::Tensor next_scale = scale;
  at::Tensor next_good = good;
  if (dynamic_) {
    const at::Tensor grows = good >= static_cast<double>(kGrowthInterval);
    const at::Tensor raised = at::where(grows, at::clamp_max(scale * 2.0, kLargest), scale);
    next_scale = at::where(overflow, scale * 0.5, raised);
    next_good = at::where(grows, 0.0, good);
  }
  const at::Tensor skipped = state_.select(0, 2) + overflow.to(at::kFloat);
  state_.copy_(at::stack(
      {next_scale.to(at::kFloat), next_good.to(at::kFloat), skipped, stopped.to(at::kFloat)}));
  return skip.to(at::kFloat);
}

LossScaleReading LossScale::read(const at::Tensor& state) {
  const at::Tensor host = state.to(at::kCPU, at::kDouble).contiguous();
  const double* values = host.const_data_ptr<double>();
  return {.scale = values[0],
          .skipped = static_cast<std::int64_t>(values[2]),
          .stopped = values[3] > 0};
}

}  // namespace yates::model
