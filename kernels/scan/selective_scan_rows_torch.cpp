// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/selective_scan_rows_torch.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>

#include "kernels/scan/row_gate_cpu.hpp"
#include "kernels/scan/row_scan_cpu.hpp"
#include "kernels/sequence_view_torch.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

/// (batch, channel, token) as contiguous rows (batch, token, channel).
at::Tensor rows_of(const at::Tensor& sequence) {
  return sequence.transpose(1, 2).contiguous();
}

/// The arguments as the row core takes them; lives as long as the pointers into it are used.
struct Rows {
  const ScanTensors& in;
  at::Tensor u, delta, features;
  RowScanShape shape;

  explicit Rows(const ScanTensors& tensors)
      : in(tensors),
        u(rows_of(tensors.u)),
        delta(rows_of(tensors.delta)),
        features(at::cat({tensors.B, tensors.C}, 1).transpose(1, 2).contiguous()),
        shape{.batch = tensors.u.size(0),
              .tokens = tensors.u.size(2),
              .channels = tensors.u.size(1),
              .states = tensors.A.size(1),
              .rank = 0} {}

  [[nodiscard]] RowScanInputs inputs(bool delta_softplus) const {
    return {.u = elements<const float>(u),
            .delta = elements<const float>(delta),
            .features = elements<const float>(features),
            .dt_bias = elements<const float>(in.delta_bias),
            .A = elements<const float>(in.A),
            .D = elements<const float>(in.D),
            .softplus = delta_softplus};
  }
  [[nodiscard]] RowGateShape gate() const {
    return {
        .rows = shape.batch * shape.tokens, .channels = shape.channels, .z_stride = shape.channels};
  }
};

at::Tensor zeros_like_present(const at::Tensor& tensor) {
  return tensor.defined() ? at::zeros_like(tensor) : tensor;
}

}  // namespace

ScanRowsResult selective_scan_rows_forward(const ScanTensors& in, bool delta_softplus, bool keep) {
  const Rows rows(in);
  ScanRowsResult result{.y = {}, .sum = at::empty_like(rows.u), .states = {}};
  if (keep) {
    result.states = at::empty({row_scan_state_count(rows.shape)}, rows.u.options());
  }
  row_scan_forward_cpu(rows.shape,
                       rows.inputs(delta_softplus),
                       elements<float>(result.sum),
                       false,
                       elements<float>(result.states),
                       run_ranges_on_torch_threads);
  at::Tensor gated = result.sum;
  if (in.z.defined()) {
    const at::Tensor z = rows_of(in.z);
    gated = at::empty_like(rows.u);
    row_gate_forward_cpu(rows.gate(),
                         elements<const float>(result.sum),
                         elements<const float>(z),
                         elements<float>(gated),
                         run_on_torch_threads);
  }
  result.y = gated.transpose(1, 2);
  return result;
}

ScanTensors selective_scan_rows_backward(const ScanTensors& in,
                                         const ScanRowsResult& kept,
                                         bool delta_softplus,
                                         const at::Tensor& grad_y) {
  const Rows rows(in);
  at::Tensor grad_sum = rows_of(grad_y);
  at::Tensor grad_z;
  if (in.z.defined()) {
    const at::Tensor z = rows_of(in.z);
    const at::Tensor grad_gated = grad_sum;
    grad_sum = at::empty_like(grad_gated);
    grad_z = at::empty_like(z);
    row_gate_backward_cpu(rows.gate(),
                          elements<const float>(kept.sum),
                          elements<const float>(z),
                          elements<const float>(grad_gated),
                          {.sum = elements<float>(grad_sum), .z = elements<float>(grad_z)},
                          run_on_torch_threads);
    grad_z = grad_z.transpose(1, 2);
  }
  const at::Tensor grad_u = at::empty_like(rows.u);
  const at::Tensor grad_delta = at::empty_like(rows.u);
  const at::Tensor grad_features = at::empty_like(rows.features);
  ScanTensors out{
      .u = grad_u.transpose(1, 2),
      .delta = grad_delta.transpose(1, 2),
      .A = at::zeros_like(in.A),
      .B = grad_features.narrow(2, 0, rows.shape.states).transpose(1, 2),
      .C = grad_features.narrow(2, rows.shape.states, rows.shape.states).transpose(1, 2),
      .D = zeros_like_present(in.D),
      .z = grad_z,
      .delta_bias = zeros_like_present(in.delta_bias)};
  row_scan_backward_cpu(rows.shape,
                        rows.inputs(delta_softplus),
                        elements<const float>(kept.states),
                        elements<const float>(grad_sum),
                        {.u = elements<float>(grad_u),
                         .delta = elements<float>(grad_delta),
                         .features = elements<float>(grad_features),
                         .A = elements<float>(out.A),
                         .D = elements<float>(out.D),
                         .dt_bias = elements<float>(out.delta_bias)},
                        run_ranges_on_torch_threads);
  return out;
}

}  // namespace yates::kernels
