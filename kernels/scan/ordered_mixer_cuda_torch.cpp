// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/ordered_mixer_cuda_torch.hpp"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conv/row_conv_cuda.hpp"
#include "kernels/scan/row_gate_cuda.hpp"
#include "kernels/scan/row_scan_cuda.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int kMostOrders = kRowScanMostOrders;

float* data(const at::Tensor& tensor) {
  return tensor.mutable_data_ptr<float>();
}

/// Everything of one call, contiguous; the sizes follow from it.
struct Mixer {
  at::Tensor xz;
  MixerWeights weights;
  at::Tensor orders;
  Stream stream = nullptr;
  std::vector<at::Tensor> order{};  ///< (token) or (batch, token) of each order

  Mixer(const at::Tensor& x, const MixerWeights& w, const at::Tensor& all, Stream s)
      : xz(x.contiguous()),
        weights{w.conv_weight.contiguous(),
                w.conv_bias.contiguous(),
                w.x_proj.contiguous(),
                w.dt_weight.contiguous(),
                w.dt_bias.contiguous(),
                w.A.contiguous(),
                w.D.contiguous()},
        orders(all),
        stream(s) {
    for (std::int64_t r = 0; r < count(); ++r) {
      order.push_back(orders.select(orders.dim() - 2, r).contiguous());
    }
  }

  [[nodiscard]] int count() const { return static_cast<int>(orders.size(-2)); }
  [[nodiscard]] std::int64_t batch() const { return xz.size(0); }
  [[nodiscard]] std::int64_t tokens() const { return xz.size(1); }
  [[nodiscard]] std::int64_t rows() const { return batch() * tokens(); }
  [[nodiscard]] std::int64_t channels() const { return weights.A.size(0); }
  [[nodiscard]] std::int64_t states() const { return weights.A.size(1); }
  [[nodiscard]] std::int64_t rank() const { return weights.dt_weight.size(1); }
  [[nodiscard]] std::int64_t features() const { return rank() + 2 * states(); }
  [[nodiscard]] bool order_per_sample() const { return orders.dim() == 3; }
  [[nodiscard]] at::Tensor scratch(std::int64_t count) const {
    return at::empty({count}, xz.options());
  }
  /// (order, row, channel)
  [[nodiscard]] at::Tensor wide() const {
    return at::empty({count(), rows(), channels()}, xz.options());
  }
  [[nodiscard]] RowScanShape scan_shape() const {
    return {batch(), tokens(), channels(), states(), rank()};
  }
  [[nodiscard]] RowConvOrders conv() const {
    RowConvOrders conv{.shape = {batch(), tokens(), channels(), weights.conv_weight.size(-1)},
                       .inputs = {.x = xz.const_data_ptr<float>(),
                                  .x_stride = 2 * channels(),
                                  .weight = weights.conv_weight.const_data_ptr<float>(),
                                  .bias = weights.conv_bias.const_data_ptr<float>(),
                                  .silu = true,
                                  .order = nullptr,
                                  .order_per_sample = order_per_sample()},
                       .orders = count()};
    for (int r = 0; r < count(); ++r) {
      conv.order[r] = order[static_cast<std::size_t>(r)].const_data_ptr<std::int32_t>();
    }
    return conv;
  }
  [[nodiscard]] RowScanOrders scan(const at::Tensor& u, const at::Tensor& features) const {
    RowScanOrders scan{.shape = scan_shape(), .orders = count(), .inputs = {}};
    for (int r = 0; r < count(); ++r) {
      const at::Tensor& of_r = order[static_cast<std::size_t>(r)];
      scan.inputs[r] = {.u = u.select(0, r).const_data_ptr<float>(),
                        .delta = nullptr,
                        .features = features.select(0, r).const_data_ptr<float>(),
                        .dt_weight = weights.dt_weight.const_data_ptr<float>(),
                        .dt_bias = weights.dt_bias.const_data_ptr<float>(),
                        .A = weights.A.const_data_ptr<float>(),
                        .D = weights.D.const_data_ptr<float>(),
                        .softplus = true,
                        .order = of_r.const_data_ptr<std::int32_t>(),
                        .order_per_sample = order_per_sample()};
    }
    return scan;
  }
  [[nodiscard]] RowGateOrders gate(const float* const (&parts)[kMostOrders]) const {
    return {.rows = rows(),
            .channels = channels(),
            .z_stride = 2 * channels(),
            .orders = count(),
            .order_y = {parts[0], parts[1], parts[2]},
            .z = xz.const_data_ptr<float>() + channels()};
  }
};

/// The orders' parts of a tensor (order, ...); null past the last.
template <typename T>
struct Parts {
  T* of[kMostOrders] = {};

  explicit Parts(const at::Tensor& tensor) {
    for (std::int64_t r = 0; r < tensor.size(0); ++r) {
      of[r] = data(tensor.select(0, r));
    }
  }
};

/// u (order, row, channel): the convolved rows.
at::Tensor convolve(const Mixer& mixer) {
  at::Tensor u = mixer.wide();
  row_conv_forward_cuda(mixer.conv(), Parts<float>(u).of, mixer.stream);
  return u;
}

/// The rows of all orders under each other.
at::Tensor flat(const at::Tensor& tensor) {
  return tensor.view({-1, tensor.size(-1)});
}

/// What the forward pass keeps: the ungated sum (row, channel), the features (order, row, feature)
/// and the states of the scan.
struct Kept {
  at::Tensor sum, features, states;
};

at::Tensor run_forward(const Mixer& mixer, bool keep, Kept& kept) {
  const at::Tensor u = convolve(mixer);
  kept.features = at::mm(flat(u), mixer.weights.x_proj.t())
                      .view({mixer.count(), mixer.rows(), mixer.features()});
  if (keep) {
    kept.states = mixer.scratch(row_scan_cuda_state_count(mixer.scan_shape(), mixer.count()));
  }
  const at::Tensor y = mixer.wide();
  row_scan_forward_cuda(
      mixer.scan(u, kept.features),
      Parts<float>(y).of,
      keep ? data(kept.states) : nullptr,
      data(mixer.scratch(row_scan_cuda_workspace(mixer.scan_shape(), mixer.count()))),
      mixer.stream);
  kept.sum = at::empty({mixer.rows(), mixer.channels()}, mixer.xz.options());
  at::Tensor out = at::empty({mixer.batch(), mixer.tokens(), mixer.channels()}, mixer.xz.options());
  row_gate_forward_cuda(
      mixer.gate(Parts<const float>(y).of), data(kept.sum), data(out), mixer.stream);
  return out;
}

/// Gradients of u and of the features through the scan, and those of its weights.
struct ScanGradients {
  at::Tensor u, features;
};

ScanGradients scan_backward(const Mixer& mixer,
                            const Kept& kept,
                            const at::Tensor& u,
                            const at::Tensor& grad_sum,
                            MixerWeights& out) {
  const ScanGradients grad{at::empty_like(u), at::empty_like(kept.features)};
  const at::Tensor delta = at::empty_like(u);
  RowScanGradients gradients[kMostOrders];
  for (int r = 0; r < mixer.count(); ++r) {
    gradients[r] = {.u = data(grad.u.select(0, r)),
                    .delta = data(delta.select(0, r)),
                    .features = data(grad.features.select(0, r))};
  }
  gradients[0].A = data(out.A);
  gradients[0].D = data(out.D);
  gradients[0].dt_bias = data(out.dt_bias);
  row_scan_backward_cuda(
      mixer.scan(u, kept.features),
      kept.states.const_data_ptr<float>(),
      grad_sum.const_data_ptr<float>(),
      gradients,
      data(mixer.scratch(row_scan_cuda_workspace(mixer.scan_shape(), mixer.count()))),
      mixer.stream);
  const std::int64_t rank = mixer.rank();
  flat(grad.features).narrow(1, 0, rank).copy_(at::mm(flat(delta), mixer.weights.dt_weight));
  out.dt_weight = at::mm(flat(delta).t(), flat(kept.features).narrow(1, 0, rank));
  return grad;
}

/// Gradients of the weights; that of xz is written to `grad_xz`.
MixerWeights run_backward(const Mixer& mixer,
                          const Kept& kept,
                          const at::Tensor& grad_y,
                          const at::Tensor& grad_xz) {
  const MixerWeights& w = mixer.weights;
  MixerWeights out{.conv_weight = at::zeros_like(w.conv_weight),
                   .conv_bias = at::zeros_like(w.conv_bias),
                   .x_proj = {},
                   .dt_weight = {},
                   .dt_bias = at::zeros_like(w.dt_bias),
                   .A = at::zeros_like(w.A),
                   .D = at::zeros_like(w.D)};
  const at::Tensor grad_sum = at::empty_like(kept.sum);
  row_gate_backward_cuda(mixer.gate({}),
                         kept.sum.const_data_ptr<float>(),
                         grad_y.const_data_ptr<float>(),
                         data(grad_sum),
                         data(grad_xz) + mixer.channels(),
                         mixer.stream);
  const at::Tensor u = convolve(mixer);
  const ScanGradients grad = scan_backward(mixer, kept, u, grad_sum, out);
  out.x_proj = at::mm(flat(grad.features).t(), flat(u));
  flat(grad.u).addmm_(flat(grad.features), w.x_proj);
  const RowConvOrders conv = mixer.conv();
  row_conv_backward_cuda(conv,
                         Parts<const float>(grad.u).of,
                         {.x = data(grad_xz),
                          .accumulate = false,
                          .weight = data(out.conv_weight),
                          .bias = data(out.conv_bias)},
                         data(mixer.scratch(row_conv_cuda_workspace(conv.shape))),
                         mixer.stream);
  return out;
}

class OrderedMixerCuda : public torch::autograd::Function<OrderedMixerCuda> {
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
                            Stream stream,
                            bool keep) {
    const Mixer mixer(
        xz, {conv_weight, conv_bias, x_proj, dt_weight, dt_bias, A, D}, orders, stream);
    Kept kept;
    at::Tensor y = run_forward(mixer, keep, kept);
    if (!keep) {
      return y;
    }
    const MixerWeights& w = mixer.weights;
    context->save_for_backward({mixer.xz,
                                w.conv_weight,
                                w.conv_bias,
                                w.x_proj,
                                w.dt_weight,
                                w.dt_bias,
                                w.A,
                                w.D,
                                orders,
                                kept.sum,
                                kept.features,
                                kept.states});
    context->saved_data["stream"] = reinterpret_cast<std::int64_t>(stream);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list s = context->get_saved_variables();
    const auto stream = reinterpret_cast<Stream>(context->saved_data["stream"].toInt());
    const Mixer mixer(s[0], {s[1], s[2], s[3], s[4], s[5], s[6], s[7]}, s[8], stream);
    const at::Tensor grad_xz = at::empty_like(mixer.xz);
    const MixerWeights w =
        run_backward(mixer, {s[9], s[10], s[11]}, grad_outputs[0].contiguous(), grad_xz);
    return {grad_xz,
            w.conv_weight,
            w.conv_bias,
            w.x_proj,
            w.dt_weight,
            w.dt_bias,
            w.A,
            w.D,
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

bool wants_gradients(const at::Tensor& xz, const MixerWeights& w) {
  bool wanted = xz.requires_grad();
  for (const at::Tensor& weight :
       {w.conv_weight, w.conv_bias, w.x_proj, w.dt_weight, w.dt_bias, w.A, w.D}) {
    wanted = wanted || weight.requires_grad();
  }
  return wanted && at::GradMode::is_enabled();
}

void check(const at::Tensor& xz, const MixerWeights& w, const at::Tensor& orders) {
  TORCH_CHECK(xz.dim() == 3 && w.A.dim() == 2 && w.dt_weight.dim() == 2 && w.x_proj.dim() == 2,
              "ordered_mixer_cuda: xz is ",
              xz.sizes(),
              ", A is ",
              w.A.sizes(),
              ", dt_weight is ",
              w.dt_weight.sizes(),
              ", x_proj is ",
              w.x_proj.sizes());
  const std::int64_t channels = w.A.size(0);
  TORCH_CHECK(xz.size(2) == 2 * channels && w.dt_weight.size(0) == channels &&
                  w.x_proj.size(0) == w.dt_weight.size(1) + 2 * w.A.size(1) &&
                  w.x_proj.size(1) == channels &&
                  w.conv_weight.numel() == channels * w.conv_weight.size(-1),
              "ordered_mixer_cuda: shapes do not fit ",
              channels,
              " channels");
  TORCH_CHECK(w.A.size(1) <= kRowScanMostStates && w.conv_weight.size(-1) >= 2 &&
                  w.conv_weight.size(-1) <= 4,
              "ordered_mixer_cuda: at most 16 states and 2 to 4 taps");
  TORCH_CHECK(orders.scalar_type() == at::kInt && (orders.dim() == 2 || orders.dim() == 3) &&
                  orders.size(-1) == xz.size(1) && orders.size(-2) >= 1 &&
                  orders.size(-2) <= kMostOrders &&
                  (orders.dim() == 2 || orders.size(0) == xz.size(0)),
              "ordered_mixer_cuda: orders is ",
              orders.sizes(),
              ", expected int32 [1 to 3, tokens] or [batch, 1 to 3, tokens]");
  for (const at::Tensor& tensor :
       {xz, w.conv_weight, w.conv_bias, w.x_proj, w.dt_weight, w.dt_bias, w.A, w.D}) {
    TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.device() == orders.device(),
                "ordered_mixer_cuda: float32 tensors on one device");
  }
}

}  // namespace

at::Tensor ordered_mixer_cuda(const at::Tensor& xz,
                              const MixerWeights& weights,
                              const at::Tensor& orders,
                              Stream stream) {
  check(xz, weights, orders);
  return OrderedMixerCuda::apply(xz,
                                 weights.conv_weight,
                                 weights.conv_bias,
                                 weights.x_proj,
                                 weights.dt_weight,
                                 weights.dt_bias,
                                 weights.A,
                                 weights.D,
                                 orders,
                                 stream,
                                 wants_gradients(xz, weights));
}

}  // namespace yates::kernels
