// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/gradient_ready_hook.hpp"

#include <memory>
#include <utility>

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace yates::dist {
namespace {

class CallWhenReady final : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit CallWhenReady(std::function<void()> ready) : ready_(std::move(ready)) {}
  void operator()(const torch::autograd::Variable&) override { ready_(); }

 private:
  std::function<void()> ready_;
};

}  // namespace

GradientReadyHook::GradientReadyHook(at::Tensor parameter, std::function<void()> ready)
    : parameter_(std::move(parameter)) {
  torch::autograd::impl::set_post_acc_grad_hooks(parameter_,
                                                 std::make_unique<CallWhenReady>(std::move(ready)));
}

GradientReadyHook::~GradientReadyHook() {
  torch::autograd::impl::set_post_acc_grad_hooks(parameter_, nullptr);
}

}  // namespace yates::dist
