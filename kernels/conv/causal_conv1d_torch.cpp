// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/causal_conv1d_torch.hpp"

#include <optional>

#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conv/causal_conv1d_reference.hpp"
#include "kernels/sequence_view_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  TORCH_CHECK(
      x.dim() == 3, "causal_conv1d: x is ", x.sizes(), ", expected [batch, channel, token]");
  TORCH_CHECK((weight.dim() == 2 || (weight.dim() == 3 && weight.size(1) == 1)) &&
                  weight.size(0) == x.size(1) && weight.size(-1) > 0,
              "causal_conv1d: weight is ",
              weight.sizes(),
              ", expected [",
              x.size(1),
              ", width]");
  TORCH_CHECK(!bias.defined() || (bias.dim() == 1 && bias.size(0) == x.size(1)),
              "causal_conv1d: bias is ",
              bias.sizes(),
              ", expected [",
              x.size(1),
              "]");
  for (const at::Tensor& tensor : {x, weight, bias}) {
    TORCH_CHECK(
        !tensor.defined() || (tensor.scalar_type() == x.scalar_type() && tensor.device().is_cpu()),
        "causal_conv1d: all tensors must have x's type and lie on the CPU");
  }
}

ConvShape shape_of(const at::Tensor& x, const at::Tensor& weight) {
  return {.batch = x.size(0), .tokens = x.size(2), .channels = x.size(1), .width = weight.size(-1)};
}

template <typename T>
ConvInputs<T> inputs_of(const at::Tensor& x,
                        const at::Tensor& weight,
                        const at::Tensor& bias,
                        bool silu) {
  return {.x = channel_major_view<const T>(x),
          .weight = elements<const T>(weight),
          .bias = elements<const T>(bias),
          .silu = silu};
}

class CausalConv1d : public torch::autograd::Function<CausalConv1d> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& x,
                            const at::Tensor& weight_any_stride,
                            const std::optional<at::Tensor>& bias_any_stride,
                            bool silu) {
    const at::Tensor weight = weight_any_stride.contiguous();
    const at::Tensor bias = bias_any_stride ? bias_any_stride->contiguous() : at::Tensor();
    check(x, weight, bias);
    context->save_for_backward({x, weight, bias});
    context->saved_data["silu"] = silu;
    at::Tensor y = at::empty(x.sizes(), x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "causal_conv1d", [&] {
      causal_conv1d_forward_reference<scalar_t>(shape_of(x, weight),
                                                inputs_of<scalar_t>(x, weight, bias, silu),
                                                channel_major_view<scalar_t>(y));
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor& bias = saved[2];
    const bool silu = context->saved_data["silu"].toBool();
    const at::Tensor grad_x = at::empty_like(x);
    const at::Tensor grad_weight = at::empty_like(weight);
    const at::Tensor grad_bias = bias.defined() ? at::empty_like(bias) : at::Tensor();
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "causal_conv1d_backward", [&] {
      causal_conv1d_backward_reference<scalar_t>(
          shape_of(x, weight),
          inputs_of<scalar_t>(x, weight, bias, silu),
          channel_major_view<const scalar_t>(grad_outputs[0]),
          ConvGradients<scalar_t>{.x = channel_major_view<scalar_t>(grad_x),
                                  .weight = elements<scalar_t>(grad_weight),
                                  .bias = elements<scalar_t>(grad_bias)});
    });
    return {grad_x, grad_weight, grad_bias, at::Tensor()};
  }
};

}  // namespace

at::Tensor causal_conv1d(const at::Tensor& x,
                         const at::Tensor& weight,
                         const at::Tensor& bias,
                         bool silu) {
  // An absent tensor is passed as an empty optional: apply refuses undefined ones.
  return CausalConv1d::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, silu);
}

}  // namespace yates::kernels
