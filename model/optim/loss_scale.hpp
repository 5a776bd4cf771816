// SPDX-License-Identifier: Apache-2.0
// Loss scaling whose state and decisions stay on the device: no step waits for it.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace yates::model {

/// What the state says, read by the host.
struct LossScaleReading {
  double scale = 1;
  std::int64_t skipped = 0;  ///< Steps without an update so far.
  bool stopped = false;
};

/// The loss is multiplied by the scale before the backward pass, so that small gradients survive
/// float16; the update divides by it. A step whose gradients are not finite is skipped: no update,
/// no momentum. Dynamic: starts at 65536, halves after a skipped step, doubles after 2000 steps in
/// a row without one, at most 2^24. A step that is not finite although the scale is 1 (always the
/// case when not dynamic) stops the run: it and all later ones change nothing, until the host looks
/// and finds where it stopped. Source of the constants: PyTorch's GradScaler.
class LossScale {
 public:
  static constexpr double kInitial = 65536;
  static constexpr double kLargest = 16777216;
  static constexpr std::int64_t kGrowthInterval = 2000;

  LossScale(const at::Device& device, bool dynamic);

  [[nodiscard]] bool is_dynamic() const { return dynamic_; }
  /// (4) float32: scale, steps since it changed, skipped steps, 1 if stopped. Shared: what is
  /// copied into it, from a checkpoint, is the state.
  [[nodiscard]] const at::Tensor& state() const { return state_; }
  [[nodiscard]] at::Tensor scale() const { return state_.select(0, 0); }

  /// The loss times the scale; differentiable.
  [[nodiscard]] at::Tensor scaled(const at::Tensor& loss) const;
  /// Judges the step by `value`, a scalar that is finite if the step is, and moves the state on.
  /// Returns 1 if the update must be skipped, else 0: a float32 scalar on the device.
  at::Tensor judge(const at::Tensor& value) const;
  /// Of `state` as it was or is; waits for the device.
  static LossScaleReading read(const at::Tensor& state);

 private:
  bool dynamic_;
  at::Tensor state_;
};

}  // namespace yates::model
