// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/mixer_cpu_torch.hpp"

#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>

#include "kernels/conv/row_conv_cpu.hpp"
#include "kernels/scan/row_gate_cpu.hpp"
#include "kernels/scan/row_scan_cpu.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

RowGateShape gate_shape(const MixerCall& mixer) {
  return {mixer.rows(), mixer.channels(), 2 * mixer.channels()};
}

float* data(const at::Tensor& tensor) {
  return tensor.mutable_data_ptr<float>();
}

at::Tensor convolve(const MixerCall& mixer, const at::Tensor& order) {
  at::Tensor u = at::empty({mixer.rows(), mixer.channels()}, mixer.xz.options());
  row_conv_forward_cpu(mixer.conv_shape(), mixer.conv_inputs(order), data(u), run_on_torch_threads);
  return u;
}

MixerKept run_forward(const MixerCall& mixer, bool keep) {
  const auto options = mixer.xz.options();
  const std::int64_t orders = mixer.order_count();
  const std::int64_t states = keep ? row_scan_state_count(mixer.scan_shape()) : 0;
  MixerKept kept{
      .sum = at::empty({mixer.rows(), mixer.channels()}, options),
      .features = at::empty({keep ? orders : 1, mixer.rows(), mixer.features()}, options),
      .states = at::empty({orders, states}, options)};
  for (std::int64_t r = 0; r < orders; ++r) {
    const at::Tensor order = mixer.order(r);
    const at::Tensor u = convolve(mixer, order);
    at::Tensor features = kept.features.select(0, keep ? r : 0);
    at::mm_out(features, u, mixer.weights.x_proj.t());
    row_scan_forward_cpu(mixer.scan_shape(),
                         mixer.scan_inputs(u, features, order),
                         data(kept.sum),
                         r > 0,
                         keep ? data(kept.states.select(0, r)) : nullptr,
                         run_ranges_on_torch_threads);
  }
  return kept;
}

at::Tensor gate(const MixerCall& mixer, const at::Tensor& sum) {
  at::Tensor y = at::empty({mixer.batch(), mixer.tokens(), mixer.channels()}, sum.options());
  row_gate_forward_cpu(
      gate_shape(mixer), sum.const_data_ptr<float>(), mixer.z(), data(y), run_on_torch_threads);
  return y;
}

/// Memory for the gradients; those that are added to are zero.
MixerGradients empty_gradients(const MixerCall& mixer) {
  const MixerWeights& w = mixer.weights;
  return {.xz = at::empty_like(mixer.xz),
          .weights = {.conv_weight = at::zeros_like(w.conv_weight),
                      .conv_bias = at::zeros_like(w.conv_bias),
                      .x_proj = at::zeros_like(w.x_proj),
                      .dt_weight = at::zeros_like(w.dt_weight),
                      .dt_bias = at::zeros_like(w.dt_bias),
                      .A = at::zeros_like(w.A),
                      .D = at::zeros_like(w.D)}};
}

/// The gradient of u, and of the features, through the scan of one order.
struct OrderGradients {
  at::Tensor u, features;
};

OrderGradients scan_backward(const MixerCall& mixer,
                             const MixerKept& kept,
                             std::int64_t r,
                             const at::Tensor& order,
                             const at::Tensor& u,
                             const at::Tensor& grad_sum,
                             MixerGradients& out) {
  const at::Tensor features = kept.features.select(0, r);
  OrderGradients grad{at::empty_like(u), at::empty_like(features)};
  const at::Tensor grad_delta = at::empty_like(u);
  row_scan_backward_cpu(mixer.scan_shape(),
                        mixer.scan_inputs(u, features, order),
                        kept.states.select(0, r).const_data_ptr<float>(),
                        grad_sum.const_data_ptr<float>(),
                        {.u = data(grad.u),
                         .delta = data(grad_delta),
                         .features = data(grad.features),
                         .A = data(out.weights.A),
                         .D = data(out.weights.D),
                         .dt_bias = data(out.weights.dt_bias)},
                        run_ranges_on_torch_threads);
  const std::int64_t rank = mixer.rank();
  grad.features.narrow(1, 0, rank).copy_(at::mm(grad_delta, mixer.weights.dt_weight));
  out.weights.dt_weight.addmm_(grad_delta.t(), features.narrow(1, 0, rank));
  return grad;
}

void order_backward(const MixerCall& mixer,
                    const MixerKept& kept,
                    std::int64_t r,
                    const at::Tensor& grad_sum,
                    MixerGradients& out) {
  const at::Tensor order = mixer.order(r);
  const at::Tensor u = convolve(mixer, order);
  const OrderGradients grad = scan_backward(mixer, kept, r, order, u, grad_sum, out);
  out.weights.x_proj.addmm_(grad.features.t(), u);
  grad.u.addmm_(grad.features, mixer.weights.x_proj);
  row_conv_backward_cpu(mixer.conv_shape(),
                        mixer.conv_inputs(order),
                        grad.u.const_data_ptr<float>(),
                        {.x = data(out.xz),
                         .accumulate = r > 0,
                         .weight = data(out.weights.conv_weight),
                         .bias = data(out.weights.conv_bias)},
                        run_on_torch_threads);
}

}  // namespace

MixerForward mixer_forward_cpu(const MixerCall& call, bool keep) {
  const MixerKept kept = run_forward(call, keep);
  return {.y = gate(call, kept.sum), .kept = kept};
}

MixerGradients mixer_backward_cpu(const MixerCall& call,
                                  const MixerKept& kept,
                                  const at::Tensor& grad_y) {
  MixerGradients out = empty_gradients(call);
  const at::Tensor grad_sum = at::empty_like(kept.sum);
  row_gate_backward_cpu(gate_shape(call),
                        kept.sum.const_data_ptr<float>(),
                        call.z(),
                        grad_y.const_data_ptr<float>(),
                        {.sum = data(grad_sum), .z = data(out.xz) + call.channels()},
                        run_on_torch_threads);
  for (std::int64_t r = 0; r < call.order_count(); ++r) {
    order_backward(call, kept, r, grad_sum, out);
  }
  return out;
}

}  // namespace yates::kernels
