// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/causal_conv1d_torch.hpp"

#include <optional>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conv/causal_conv1d_reference.hpp"
#include "kernels/conv/row_conv_cpu.hpp"
#include "kernels/sequence_view_torch.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  TORCH_CHECK(
      x.dim() == 3, "causal_conv1d: x is ", x.sizes(), ", expected [batch, channel, token]");
  TORCH_CHECK((weight.dim() == 2 || (weight.dim() == 3 && weight.size(1) == 1)) &&
                  weight.size(0) == x.size(1) && weight.size(-1) > 0 && weight.size(-1) <= 8,
              "causal_conv1d: weight is ",
              weight.sizes(),
              ", expected [",
              x.size(1),
              ", width of 1 to 8]");
  TORCH_CHECK(!bias.defined() || (bias.dim() == 1 && bias.size(0) == x.size(1)),
              "causal_conv1d: bias is ",
              bias.sizes(),
              ", expected [",
              x.size(1),
              "]");
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble,
              "causal_conv1d: x is ",
              x.scalar_type(),
              ", expected float32 or float64");
  for (const at::Tensor& tensor : {x, weight, bias}) {
    TORCH_CHECK(
        !tensor.defined() || (tensor.scalar_type() == x.scalar_type() && tensor.device().is_cpu()),
        "causal_conv1d: all tensors must have x's type and lie on the CPU");
  }
}

ConvShape shape_of(const at::Tensor& x, const at::Tensor& weight) {
  return {.batch = x.size(0), .tokens = x.size(2), .channels = x.size(1), .width = weight.size(-1)};
}

ConvInputs<double> inputs_of(const at::Tensor& x,
                             const at::Tensor& weight,
                             const at::Tensor& bias,
                             bool silu) {
  return {.x = channel_major_view<const double>(x),
          .weight = elements<const double>(weight),
          .bias = elements<const double>(bias),
          .silu = silu};
}

/// Gradients of the arguments of the same names.
struct ConvTensors {
  at::Tensor x, weight, bias;
};

at::Tensor forward_reference(const at::Tensor& x,
                             const at::Tensor& weight,
                             const at::Tensor& bias,
                             bool silu) {
  at::Tensor y = at::empty(x.sizes(), x.options());
  causal_conv1d_forward_reference<double>(
      shape_of(x, weight), inputs_of(x, weight, bias, silu), channel_major_view<double>(y));
  return y;
}

ConvTensors backward_reference(const at::Tensor& x,
                               const at::Tensor& weight,
                               const at::Tensor& bias,
                               bool silu,
                               const at::Tensor& grad_y) {
  ConvTensors grad{at::empty_like(x),
                   at::empty_like(weight),
                   bias.defined() ? at::empty_like(bias) : at::Tensor()};
  causal_conv1d_backward_reference<double>(shape_of(x, weight),
                                           inputs_of(x, weight, bias, silu),
                                           channel_major_view<const double>(grad_y),
                                           {.x = channel_major_view<double>(grad.x),
                                            .weight = elements<double>(grad.weight),
                                            .bias = elements<double>(grad.bias)});
  return grad;
}

/// (batch, channel, token) as contiguous rows (batch, token, channel); a transposed view of such
/// rows is not copied.
at::Tensor rows_of(const at::Tensor& sequence) {
  return sequence.transpose(1, 2).contiguous();
}

RowConvShape row_shape_of(const at::Tensor& rows, const at::Tensor& weight) {
  return {.batch = rows.size(0),
          .tokens = rows.size(1),
          .channels = rows.size(2),
          .width = weight.size(-1)};
}

RowConvInputs row_inputs_of(const at::Tensor& rows,
                            const at::Tensor& weight,
                            const at::Tensor& bias,
                            bool silu) {
  return {.x = elements<const float>(rows),
          .x_stride = rows.size(2),
          .weight = elements<const float>(weight),
          .bias = elements<const float>(bias),
          .silu = silu};
}

at::Tensor forward_rows(const at::Tensor& x,
                        const at::Tensor& weight,
                        const at::Tensor& bias,
                        bool silu) {
  const at::Tensor rows = rows_of(x);
  const at::Tensor y = at::empty_like(rows);
  row_conv_forward_cpu(row_shape_of(rows, weight),
                       row_inputs_of(rows, weight, bias, silu),
                       elements<float>(y),
                       run_on_torch_threads);
  return y.transpose(1, 2);
}

ConvTensors backward_rows(const at::Tensor& x,
                          const at::Tensor& weight,
                          const at::Tensor& bias,
                          bool silu,
                          const at::Tensor& grad_y) {
  const at::Tensor rows = rows_of(x);
  const at::Tensor grad_rows = rows_of(grad_y);
  const at::Tensor grad_x = at::empty_like(rows);
  ConvTensors grad{grad_x.transpose(1, 2),
                   at::zeros_like(weight),
                   bias.defined() ? at::zeros_like(bias) : at::Tensor()};
  row_conv_backward_cpu(row_shape_of(rows, weight),
                        row_inputs_of(rows, weight, bias, silu),
                        elements<const float>(grad_rows),
                        {.x = elements<float>(grad_x),
                         .weight = elements<float>(grad.weight),
                         .bias = elements<float>(grad.bias)},
                        run_on_torch_threads);
  return grad;
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
    return x.scalar_type() == at::kFloat ? forward_rows(x, weight, bias, silu)
                                         : forward_reference(x, weight, bias, silu);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor& bias = saved[2];
    const bool silu = context->saved_data["silu"].toBool();
    const ConvTensors grad = x.scalar_type() == at::kFloat
                                 ? backward_rows(x, weight, bias, silu, grad_outputs[0])
                                 : backward_reference(x, weight, bias, silu, grad_outputs[0]);
    return {grad.x, grad.weight, grad.bias, at::Tensor()};
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
