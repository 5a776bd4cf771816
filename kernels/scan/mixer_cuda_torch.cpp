// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/mixer_cuda_torch.hpp"

#include <vector>

#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include "kernels/conv/row_conv_cuda.hpp"
#include "kernels/device/operator_table_torch.hpp"
#include "kernels/scan/row_gate_cuda.hpp"
#include "kernels/scan/row_scan_cuda.hpp"

namespace yates::kernels {
namespace {

constexpr int kMostOrders = kRowScanMostOrders;

float* data(const at::Tensor& tensor) {
  return tensor.mutable_data_ptr<float>();
}

/// A call with what its kernels take: all orders at once, and the stream.
class Mixer {
 public:
  explicit Mixer(const MixerCall& call) : call_(call), stream_(current_stream(call.xz)) {
    TORCH_CHECK(call.states() <= kRowScanMostStates && call.conv_shape().width >= 2 &&
                    call.conv_shape().width <= 4 && call.order_count() <= kMostOrders,
                "ordered_mixer: a GPU takes at most 16 states, 2 to 4 taps and 3 orders, not ",
                call.states(),
                ", ",
                call.conv_shape().width,
                " and ",
                call.order_count());
    for (std::int64_t r = 0; r < call.order_count(); ++r) {
      order_.push_back(call.order(r));
    }
  }

  [[nodiscard]] const MixerCall& call() const { return call_; }
  [[nodiscard]] Stream stream() const { return stream_; }
  [[nodiscard]] int count() const { return static_cast<int>(order_.size()); }
  [[nodiscard]] at::Tensor scratch(std::int64_t count) const {
    return at::empty({count}, call_.xz.options());
  }
  /// (order, row, channel)
  [[nodiscard]] at::Tensor wide() const {
    return at::empty({count(), call_.rows(), call_.channels()}, call_.xz.options());
  }
  [[nodiscard]] RowConvOrders conv() const {
    RowConvOrders conv{
        .shape = call_.conv_shape(), .inputs = call_.conv_inputs(order_[0]), .orders = count()};
    for (int r = 0; r < count(); ++r) {
      conv.order[r] = order_[static_cast<std::size_t>(r)].const_data_ptr<std::int32_t>();
    }
    return conv;
  }
  [[nodiscard]] RowScanOrders scan(const at::Tensor& u, const at::Tensor& features) const {
    RowScanOrders scan{.shape = call_.scan_shape(), .orders = count(), .inputs = {}};
    for (int r = 0; r < count(); ++r) {
      scan.inputs[r] = call_.scan_inputs(
          u.select(0, r), features.select(0, r), order_[static_cast<std::size_t>(r)]);
    }
    return scan;
  }
  [[nodiscard]] at::Tensor scan_workspace() const {
    return scratch(row_scan_cuda_workspace(call_.scan_shape(), count()));
  }
  [[nodiscard]] RowGateOrders gate(const float* const (&parts)[kMostOrders]) const {
    return {.rows = call_.rows(),
            .channels = call_.channels(),
            .z_stride = 2 * call_.channels(),
            .orders = count(),
            .order_y = {parts[0], parts[1], parts[2]},
            .z = call_.z()};
  }

 private:
  const MixerCall& call_;
  Stream stream_;
  std::vector<at::Tensor> order_;  // (token) or (batch, token) of each order
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
  row_conv_forward_cuda(mixer.conv(), Parts<float>(u).of, mixer.stream());
  return u;
}

/// The rows of all orders under each other.
at::Tensor flat(const at::Tensor& tensor) {
  return tensor.view({-1, tensor.size(-1)});
}

/// Gradients of u and of the features through the scan, and those of its weights.
struct ScanGradients {
  at::Tensor u, features;
};

ScanGradients scan_backward(const Mixer& mixer,
                            const MixerKept& kept,
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
  row_scan_backward_cuda(mixer.scan(u, kept.features),
                         kept.states.const_data_ptr<float>(),
                         grad_sum.const_data_ptr<float>(),
                         gradients,
                         data(mixer.scan_workspace()),
                         mixer.stream());
  const std::int64_t rank = mixer.call().rank();
  flat(grad.features).narrow(1, 0, rank).copy_(at::mm(flat(delta), mixer.call().weights.dt_weight));
  out.dt_weight = at::mm(flat(delta).t(), flat(kept.features).narrow(1, 0, rank));
  return grad;
}

}  // namespace

MixerForward mixer_forward_device(const MixerCall& call, bool keep) {
  const Mixer mixer(call);
  const auto options = call.xz.options();
  const at::Tensor u = convolve(mixer);
  MixerForward result;
  result.kept.features =
      at::mm(flat(u), call.weights.x_proj.t()).view({mixer.count(), call.rows(), call.features()});
  if (keep) {
    result.kept.states = mixer.scratch(row_scan_cuda_state_count(call.scan_shape(), mixer.count()));
  }
  const at::Tensor y = mixer.wide();
  row_scan_forward_cuda(mixer.scan(u, result.kept.features),
                        Parts<float>(y).of,
                        keep ? data(result.kept.states) : nullptr,
                        data(mixer.scan_workspace()),
                        mixer.stream());
  result.kept.sum = at::empty({call.rows(), call.channels()}, options);
  result.y = at::empty({call.batch(), call.tokens(), call.channels()}, options);
  row_gate_forward_cuda(
      mixer.gate(Parts<const float>(y).of), data(result.kept.sum), data(result.y), mixer.stream());
  return result;
}

MixerGradients mixer_backward_device(const MixerCall& call,
                                     const MixerKept& kept,
                                     const at::Tensor& grad_y) {
  const Mixer mixer(call);
  const MixerWeights& w = call.weights;
  MixerGradients out{.xz = at::empty_like(call.xz),
                     .weights = {.conv_weight = at::zeros_like(w.conv_weight),
                                 .conv_bias = at::zeros_like(w.conv_bias),
                                 .x_proj = {},
                                 .dt_weight = {},
                                 .dt_bias = at::zeros_like(w.dt_bias),
                                 .A = at::zeros_like(w.A),
                                 .D = at::zeros_like(w.D)}};
  const at::Tensor grad_sum = at::empty_like(kept.sum);
  row_gate_backward_cuda(mixer.gate({}),
                         kept.sum.const_data_ptr<float>(),
                         grad_y.const_data_ptr<float>(),
                         data(grad_sum),
                         data(out.xz) + call.channels(),
                         mixer.stream());
  const at::Tensor u = convolve(mixer);
  const ScanGradients grad = scan_backward(mixer, kept, u, grad_sum, out.weights);
  out.weights.x_proj = at::mm(flat(grad.features).t(), flat(u));
  flat(grad.u).addmm_(flat(grad.features), w.x_proj);
  const RowConvOrders conv = mixer.conv();
  row_conv_backward_cuda(conv,
                         Parts<const float>(grad.u).of,
                         {.x = data(out.xz),
                          .accumulate = false,
                          .weight = data(out.weights.conv_weight),
                          .bias = data(out.weights.conv_bias)},
                         data(mixer.scratch(row_conv_cuda_workspace(conv.shape))),
                         mixer.stream());
  return out;
}

}  // namespace yates::kernels
