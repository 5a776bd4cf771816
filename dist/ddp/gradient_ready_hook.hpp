// SPDX-License-Identifier: Apache-2.0
// The one place that knows how LibTorch tells that a parameter's gradient is complete.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

namespace yates::dist {

/// While it lives, `ready` is called after every accumulation into `parameter.grad()`, inside
/// backward(); on the CPU in the thread that called it. One per parameter: a second replaces the
/// first. Exceptions leave backward().
class GradientReadyHook {
 public:
  GradientReadyHook(at::Tensor parameter, std::function<void()> ready);
  ~GradientReadyHook();
  GradientReadyHook(const GradientReadyHook&) = delete;
  GradientReadyHook& operator=(const GradientReadyHook&) = delete;

 private:
  at::Tensor parameter_;
};

}  // namespace yates::dist
