// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/ordered_mixer_torch.hpp"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conv/row_conv_cpu.hpp"
#include "kernels/device/operator_table_torch.hpp"
#include "kernels/scan/ordered_mixer_composed_torch.hpp"
#include "kernels/scan/row_gate_cpu.hpp"
#include "kernels/scan/row_scan_cpu.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Everything of one call, contiguous; the sizes follow from it.
struct Mixer {
  at::Tensor xz;
  MixerWeights weights;
  at::Tensor orders;

  [[nodiscard]] std::int64_t batch() const { return xz.size(0); }
  [[nodiscard]] std::int64_t tokens() const { return xz.size(1); }
  [[nodiscard]] std::int64_t rows() const { return batch() * tokens(); }
  [[nodiscard]] std::int64_t channels() const { return weights.A.size(0); }
  [[nodiscard]] std::int64_t states() const { return weights.A.size(1); }
  [[nodiscard]] std::int64_t rank() const { return weights.dt_weight.size(1); }
  [[nodiscard]] std::int64_t features() const { return rank() + 2 * states(); }
  [[nodiscard]] std::int64_t order_count() const { return orders.size(-2); }
  [[nodiscard]] bool order_per_sample() const { return orders.dim() == 3; }
  [[nodiscard]] const float* z() const { return xz.const_data_ptr<float>() + channels(); }

  /// Order r: (token), or (batch, token) gathered to be contiguous.
  [[nodiscard]] at::Tensor order(std::int64_t r) const {
    return orders.select(orders.dim() - 2, r).contiguous();
  }
  [[nodiscard]] RowConvShape conv_shape() const {
    return {batch(), tokens(), channels(), weights.conv_weight.size(-1)};
  }
  [[nodiscard]] RowConvInputs conv_inputs(const at::Tensor& order) const {
    return {.x = xz.const_data_ptr<float>(),
            .x_stride = 2 * channels(),
            .weight = weights.conv_weight.const_data_ptr<float>(),
            .bias = weights.conv_bias.const_data_ptr<float>(),
            .silu = true,
            .order = order.const_data_ptr<std::int32_t>(),
            .order_per_sample = order_per_sample()};
  }
  [[nodiscard]] RowScanShape scan_shape() const {
    return {batch(), tokens(), channels(), states(), rank()};
  }
  [[nodiscard]] RowScanInputs scan_inputs(const at::Tensor& u,
                                          const at::Tensor& features,
                                          const at::Tensor& order) const {
    return {.u = u.const_data_ptr<float>(),
            .features = features.const_data_ptr<float>(),
            .dt_weight = weights.dt_weight.const_data_ptr<float>(),
            .dt_bias = weights.dt_bias.const_data_ptr<float>(),
            .A = weights.A.const_data_ptr<float>(),
            .D = weights.D.const_data_ptr<float>(),
            .softplus = true,
            .order = order.const_data_ptr<std::int32_t>(),
            .order_per_sample = order_per_sample()};
  }
  [[nodiscard]] RowGateShape gate_shape() const { return {rows(), channels(), 2 * channels()}; }
};

float* data(const at::Tensor& tensor) {
  return tensor.mutable_data_ptr<float>();
}

/// What the forward pass keeps: the ungated sum (row, channel), the features (order, row, feature)
/// and the states of the scan (order, state); the last two only if gradients will be asked for.
struct Kept {
  at::Tensor sum, features, states;
};

at::Tensor convolve(const Mixer& mixer, const at::Tensor& order) {
  at::Tensor u = at::empty({mixer.rows(), mixer.channels()}, mixer.xz.options());
  row_conv_forward_cpu(mixer.conv_shape(), mixer.conv_inputs(order), data(u), run_on_torch_threads);
  return u;
}

Kept run_forward(const Mixer& mixer, bool keep) {
  const auto options = mixer.xz.options();
  const std::int64_t orders = mixer.order_count();
  const std::int64_t states = keep ? row_scan_state_count(mixer.scan_shape()) : 0;
  Kept kept{.sum = at::empty({mixer.rows(), mixer.channels()}, options),
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

at::Tensor gate(const Mixer& mixer, const at::Tensor& sum) {
  at::Tensor y = at::empty({mixer.batch(), mixer.tokens(), mixer.channels()}, sum.options());
  row_gate_forward_cpu(
      mixer.gate_shape(), sum.const_data_ptr<float>(), mixer.z(), data(y), run_on_torch_threads);
  return y;
}

/// Gradients in the order of the arguments of OrderedMixer::forward.
struct MixerGradients {
  at::Tensor xz;
  MixerWeights weights;

  explicit MixerGradients(const Mixer& mixer)
      : xz(at::empty_like(mixer.xz)),
        weights{.conv_weight = at::zeros_like(mixer.weights.conv_weight),
                .conv_bias = at::zeros_like(mixer.weights.conv_bias),
                .x_proj = at::zeros_like(mixer.weights.x_proj),
                .dt_weight = at::zeros_like(mixer.weights.dt_weight),
                .dt_bias = at::zeros_like(mixer.weights.dt_bias),
                .A = at::zeros_like(mixer.weights.A),
                .D = at::zeros_like(mixer.weights.D)} {}
};

/// The gradient of u, and of the features, through the scan of one order.
struct OrderGradients {
  at::Tensor u, features;
};

OrderGradients scan_backward(const Mixer& mixer,
                             const Kept& kept,
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

void order_backward(const Mixer& mixer,
                    const Kept& kept,
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

class OrderedMixer : public torch::autograd::Function<OrderedMixer> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& xz,
                            const at::Tensor& conv_weight,
                            const at::Tensor& conv_bias,
                            const at::Tensor& x_proj,
                            const at::Tensor& dt_weight,
                            const at::Tensor& dt_bias,
                            const at::Tensor& A,
                            const at::Tensor& D,
                            const at::Tensor& orders,
                            bool keep) {
    const Mixer mixer{xz.contiguous(),
                      {conv_weight.contiguous(),
                       conv_bias.contiguous(),
                       x_proj.contiguous(),
                       dt_weight.contiguous(),
                       dt_bias.contiguous(),
                       A.contiguous(),
                       D.contiguous()},
                      orders.contiguous()};
    const Kept kept = run_forward(mixer, keep);
    const MixerWeights& w = mixer.weights;
    if (keep) {
      context->save_for_backward({mixer.xz,
                                  w.conv_weight,
                                  w.conv_bias,
                                  w.x_proj,
                                  w.dt_weight,
                                  w.dt_bias,
                                  w.A,
                                  w.D,
                                  mixer.orders,
                                  kept.sum,
                                  kept.features,
                                  kept.states});
    }
    return gate(mixer, kept.sum);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const Mixer mixer{
        saved[0], {saved[1], saved[2], saved[3], saved[4], saved[5], saved[6], saved[7]}, saved[8]};
    const Kept kept{saved[9], saved[10], saved[11]};
    MixerGradients out(mixer);
    const at::Tensor grad_sum = at::empty_like(kept.sum);
    row_gate_backward_cpu(mixer.gate_shape(),
                          kept.sum.const_data_ptr<float>(),
                          mixer.z(),
                          grad_outputs[0].contiguous().const_data_ptr<float>(),
                          {.sum = data(grad_sum), .z = data(out.xz) + mixer.channels()},
                          run_on_torch_threads);
    for (std::int64_t r = 0; r < mixer.order_count(); ++r) {
      order_backward(mixer, kept, r, grad_sum, out);
    }
    const MixerWeights& w = out.weights;
    return {out.xz,
            w.conv_weight,
            w.conv_bias,
            w.x_proj,
            w.dt_weight,
            w.dt_bias,
            w.A,
            w.D,
            at::Tensor(),
            at::Tensor()};
  }
};

void check_weights(const MixerWeights& w, at::ScalarType type) {
  TORCH_CHECK(w.A.dim() == 2 && w.dt_weight.dim() == 2,
              "ordered_mixer: A is ",
              w.A.sizes(),
              ", dt_weight is ",
              w.dt_weight.sizes(),
              ", expected matrices");
  const std::int64_t channels = w.A.size(0);
  const std::int64_t features = w.dt_weight.size(1) + 2 * w.A.size(1);
  TORCH_CHECK(w.dt_weight.size(0) == channels && w.conv_weight.size(0) == channels &&
                  w.conv_weight.numel() == channels * w.conv_weight.size(-1),
              "ordered_mixer: dt_weight is ",
              w.dt_weight.sizes(),
              ", conv_weight is ",
              w.conv_weight.sizes(),
              ", expected ",
              channels,
              " channels");
  TORCH_CHECK(w.x_proj.dim() == 2 && w.x_proj.size(0) == features && w.x_proj.size(1) == channels,
              "ordered_mixer: x_proj is ",
              w.x_proj.sizes(),
              ", expected [",
              features,
              ", ",
              channels,
              "]");
  for (const at::Tensor& vector : {w.conv_bias, w.dt_bias, w.D}) {
    TORCH_CHECK(vector.dim() == 1 && vector.size(0) == channels,
                "ordered_mixer: a vector is ",
                vector.sizes(),
                ", expected [",
                channels,
                "]");
  }
  for (const at::Tensor& weight :
       {w.conv_weight, w.conv_bias, w.x_proj, w.dt_weight, w.dt_bias, w.A, w.D}) {
    TORCH_CHECK(weight.scalar_type() == type && weight.device().is_cpu(),
                "ordered_mixer: all weights must have xz's type and lie on the CPU");
  }
}

void check_orders(const at::Tensor& xz, const at::Tensor& orders) {
  TORCH_CHECK(orders.scalar_type() == at::kInt && (orders.dim() == 2 || orders.dim() == 3) &&
                  orders.size(-1) == xz.size(1) && orders.size(-2) > 0 &&
                  (orders.dim() == 2 || orders.size(0) == xz.size(0)),
              "ordered_mixer: orders is ",
              orders.sizes(),
              " of type ",
              orders.scalar_type(),
              ", expected int32 [order, ",
              xz.size(1),
              "] or [",
              xz.size(0),
              ", order, ",
              xz.size(1),
              "]");
  const at::Tensor all = orders.contiguous();
  const auto* first = all.const_data_ptr<std::int32_t>();
  const bool inside = std::all_of(
      first, first + all.numel(), [&](std::int32_t row) { return row >= 0 && row < xz.size(1); });
  TORCH_CHECK(inside, "ordered_mixer: orders names a row outside 0 .. ", xz.size(1) - 1);
}

void check(const at::Tensor& xz, const MixerWeights& weights, const at::Tensor& orders) {
  check_weights(weights, xz.scalar_type());
  TORCH_CHECK(xz.dim() == 3 && xz.size(2) == 2 * weights.A.size(0) && xz.device().is_cpu(),
              "ordered_mixer: xz is ",
              xz.sizes(),
              ", expected [batch, token, ",
              2 * weights.A.size(0),
              "] on the CPU");
  check_orders(xz, orders);
}

bool wants_gradients(const at::Tensor& xz, const MixerWeights& w) {
  return at::GradMode::is_enabled() &&
         (xz.requires_grad() || w.conv_weight.requires_grad() || w.conv_bias.requires_grad() ||
          w.x_proj.requires_grad() || w.dt_weight.requires_grad() || w.dt_bias.requires_grad() ||
          w.A.requires_grad() || w.D.requires_grad());
}

}  // namespace

at::Tensor ordered_mixer(const at::Tensor& xz,
                         const MixerWeights& weights,
                         const at::Tensor& orders) {
  if (const OperatorTable* device = device_operators(xz)) {
    return device->ordered_mixer(xz, weights, orders);
  }
  check(xz, weights, orders);
  if (xz.scalar_type() != at::kFloat) {
    return ordered_mixer_composed(xz, weights, orders);
  }
  return OrderedMixer::apply(xz,
                             weights.conv_weight,
                             weights.conv_bias,
                             weights.x_proj,
                             weights.dt_weight,
                             weights.dt_bias,
                             weights.A,
                             weights.D,
                             orders,
                             wants_gradients(xz, weights));
}

}  // namespace yates::kernels
