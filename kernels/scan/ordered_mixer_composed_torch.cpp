// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/ordered_mixer_composed_torch.hpp"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/silu.h>

#include "kernels/conv/causal_conv1d_torch.hpp"
#include "kernels/scan/selective_scan_torch.hpp"

namespace yates::kernels {
namespace {

/// Rows of (batch, token, channel) picked by (batch, position) indices.
at::Tensor pick_rows(const at::Tensor& rows, const at::Tensor& indices) {
  return rows.gather(1, indices.unsqueeze(2).expand({-1, -1, rows.size(2)}));
}

/// One order by the published pieces: permute, convolve, project, scan, permute back.
at::Tensor one_order(const at::Tensor& x, const MixerWeights& w, const at::Tensor& order) {
  const at::Tensor sequence = pick_rows(x, order).transpose(1, 2);
  const at::Tensor u = causal_conv1d(sequence, w.conv_weight, w.conv_bias, true);
  const at::Tensor projected = at::linear(u.transpose(1, 2), w.x_proj);
  const std::int64_t states = w.A.size(1);
  const std::vector<at::Tensor> parts =
      projected.split_with_sizes({w.dt_weight.size(1), states, states}, 2);
  const at::Tensor delta = at::linear(parts[0], w.dt_weight);
  const at::Tensor y = selective_scan(u,
                                      delta.transpose(1, 2),
                                      w.A,
                                      parts[1].transpose(1, 2),
                                      parts[2].transpose(1, 2),
                                      w.D,
                                      at::Tensor(),
                                      w.dt_bias,
                                      true);
  return pick_rows(y.transpose(1, 2), at::argsort(order, std::int64_t{1}));
}

}  // namespace

at::Tensor ordered_mixer_composed(const at::Tensor& xz,
                                  const MixerWeights& weights,
                                  const at::Tensor& orders) {
  const std::int64_t channels = weights.D.size(0);
  const at::Tensor x = xz.narrow(2, 0, channels);
  const at::Tensor gate = at::silu(xz.narrow(2, channels, channels));
  const at::Tensor per_sample =
      (orders.dim() == 2 ? orders.unsqueeze(0).expand({xz.size(0), -1, -1}) : orders).to(at::kLong);
  at::Tensor sum = one_order(x, weights, per_sample.select(1, 0));
  for (std::int64_t r = 1; r < per_sample.size(1); ++r) {
    sum = sum + one_order(x, weights, per_sample.select(1, r));
  }
  return sum * gate;
}

}  // namespace yates::kernels
