// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/selective_scan_torch.hpp"

#include <optional>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/scan/selective_scan_reference.hpp"
#include "kernels/scan/selective_scan_rows_torch.hpp"
#include "kernels/sequence_view_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check_sequence(const at::Tensor& tensor,
                    const char* name,
                    const at::Tensor& u,
                    std::int64_t rows) {
  TORCH_CHECK(tensor.dim() == 3 && tensor.size(0) == u.size(0) && tensor.size(1) == rows &&
                  tensor.size(2) == u.size(2),
              "selective_scan: ",
              name,
              " is ",
              tensor.sizes(),
              ", expected [",
              u.size(0),
              ", ",
              rows,
              ", ",
              u.size(2),
              "]");
}

void check_channels(const at::Tensor& tensor, const char* name, std::int64_t channels) {
  TORCH_CHECK(tensor.dim() == 1 && tensor.size(0) == channels,
              "selective_scan: ",
              name,
              " is ",
              tensor.sizes(),
              ", expected [",
              channels,
              "]");
}

void check(const ScanTensors& in) {
  TORCH_CHECK(
      in.u.dim() == 3, "selective_scan: u is ", in.u.sizes(), ", expected [batch, channel, token]");
  const std::int64_t channels = in.u.size(1);
  TORCH_CHECK(in.A.dim() == 2 && in.A.size(0) == channels,
              "selective_scan: A is ",
              in.A.sizes(),
              ", expected [",
              channels,
              ", states]");
  check_sequence(in.delta, "delta", in.u, channels);
  check_sequence(in.B, "B", in.u, in.A.size(1));
  check_sequence(in.C, "C", in.u, in.A.size(1));
  if (in.z.defined()) {
    check_sequence(in.z, "z", in.u, channels);
  }
  if (in.D.defined()) {
    check_channels(in.D, "D", channels);
  }
  if (in.delta_bias.defined()) {
    check_channels(in.delta_bias, "delta_bias", channels);
  }
  for (const at::Tensor& tensor : {in.u, in.delta, in.A, in.B, in.C, in.D, in.z, in.delta_bias}) {
    TORCH_CHECK(!tensor.defined() ||
                    (tensor.scalar_type() == in.u.scalar_type() && tensor.device().is_cpu()),
                "selective_scan: all tensors must have u's type and lie on the CPU");
  }
}

/// Function::apply takes absent tensors as empty optionals only.
std::optional<at::Tensor> given(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

at::Tensor contiguous(const std::optional<at::Tensor>& tensor) {
  return tensor ? tensor->contiguous() : at::Tensor();
}

at::Tensor like(const at::Tensor& tensor) {
  return tensor.defined() ? at::empty_like(tensor) : tensor;
}

ScanShape shape_of(const ScanTensors& in) {
  return {.batch = in.u.size(0),
          .tokens = in.u.size(2),
          .channels = in.u.size(1),
          .states = in.A.size(1)};
}

ScanInputs<double> inputs_of(const ScanTensors& in, bool delta_softplus) {
  return {.u = channel_major_view<const double>(in.u),
          .delta = channel_major_view<const double>(in.delta),
          .A = elements<const double>(in.A),
          .B = channel_major_view<const double>(in.B),
          .C = channel_major_view<const double>(in.C),
          .D = elements<const double>(in.D),
          .z = channel_major_view<const double>(in.z),
          .delta_bias = elements<const double>(in.delta_bias),
          .delta_softplus = delta_softplus};
}

/// float64: the reference is exact enough for checks, and speed does not matter there.
ScanTensors reference_backward(const ScanTensors& in,
                               bool delta_softplus,
                               const at::Tensor& grad_y) {
  const ScanTensors out{like(in.u),
                        like(in.delta),
                        like(in.A),
                        like(in.B),
                        like(in.C),
                        like(in.D),
                        like(in.z),
                        like(in.delta_bias)};
  selective_scan_backward_reference<double>(shape_of(in),
                                            inputs_of(in, delta_softplus),
                                            channel_major_view<const double>(grad_y),
                                            {.u = channel_major_view<double>(out.u),
                                             .delta = channel_major_view<double>(out.delta),
                                             .A = elements<double>(out.A),
                                             .B = channel_major_view<double>(out.B),
                                             .C = channel_major_view<double>(out.C),
                                             .D = elements<double>(out.D),
                                             .z = channel_major_view<double>(out.z),
                                             .delta_bias = elements<double>(out.delta_bias)});
  return out;
}

class SelectiveScan : public torch::autograd::Function<SelectiveScan> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& u,
                            const at::Tensor& delta,
                            const at::Tensor& A,
                            const at::Tensor& B,
                            const at::Tensor& C,
                            const std::optional<at::Tensor>& D_or_none,
                            const std::optional<at::Tensor>& z_or_none,
                            const std::optional<at::Tensor>& delta_bias_or_none,
                            bool delta_softplus,
                            bool keep) {
    const ScanTensors in{u,
                         delta,
                         A.contiguous(),
                         B,
                         C,
                         contiguous(D_or_none),
                         z_or_none.value_or(at::Tensor()),
                         contiguous(delta_bias_or_none)};
    check(in);
    ScanRowsResult result;
    if (u.scalar_type() == at::kFloat) {
      result = selective_scan_rows_forward(in, delta_softplus, keep);
    } else {
      result.y = at::empty(u.sizes(), u.options());
      selective_scan_forward_reference<double>(
          shape_of(in), inputs_of(in, delta_softplus), channel_major_view<double>(result.y));
    }
    if (keep) {
      context->save_for_backward(
          {u, delta, in.A, B, C, in.D, in.z, in.delta_bias, result.sum, result.states});
      context->saved_data["delta_softplus"] = delta_softplus;
    }
    return result.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const ScanTensors in{
        saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6], saved[7]};
    const bool delta_softplus = context->saved_data["delta_softplus"].toBool();
    const ScanTensors out = in.u.scalar_type() == at::kFloat
                                ? selective_scan_rows_backward(
                                      in, {{}, saved[8], saved[9]}, delta_softplus, grad_outputs[0])
                                : reference_backward(in, delta_softplus, grad_outputs[0]);
    return {out.u,
            out.delta,
            out.A,
            out.B,
            out.C,
            out.D,
            out.z,
            out.delta_bias,
            at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor selective_scan(const at::Tensor& u,
                          const at::Tensor& delta,
                          const at::Tensor& A,
                          const at::Tensor& B,
                          const at::Tensor& C,
                          const at::Tensor& D,
                          const at::Tensor& z,
                          const at::Tensor& delta_bias,
                          bool delta_softplus) {
  bool keep = false;
  for (const at::Tensor& tensor : {u, delta, A, B, C, D, z, delta_bias}) {
    keep = keep || (at::GradMode::is_enabled() && tensor.defined() && tensor.requires_grad());
  }
  return SelectiveScan::apply(
      u, delta, A, B, C, given(D), given(z), given(delta_bias), delta_softplus, keep);
}

}  // namespace yates::kernels
