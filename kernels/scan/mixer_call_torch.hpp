// SPDX-License-Identifier: Apache-2.0
// One call of ordered_mixer as its passes on the CPU and on a GPU see it.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "kernels/conv/row_conv.hpp"
#include "kernels/scan/ordered_mixer_torch.hpp"
#include "kernels/scan/row_scan.hpp"

namespace yates::kernels {

/// Everything of one call, float32, contiguous and checked; the sizes follow from it.
struct MixerCall {
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
  /// With `order` as order() gave it, which must live as long.
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
};

/// What the forward pass keeps: the ungated sum (row, channel), the features (order, row, feature)
/// and the states of the scan, as its kernels lay them out; the last two only if gradients will be
/// asked for.
struct MixerKept {
  at::Tensor sum, features, states;
};

struct MixerForward {
  at::Tensor y;  ///< (batch, token, channel)
  MixerKept kept;
};

/// Of sum(y * grad_y), in the shapes of the arguments.
struct MixerGradients {
  at::Tensor xz;
  MixerWeights weights;
};

}  // namespace yates::kernels
