// SPDX-License-Identifier: Apache-2.0
// All of a Mamba block between its in_proj and its out_proj, for several token orders that share
// one set of weights (TriMamba), token-major, without permuted copies.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// The shared weights, named as in the published module. channels = 2 d, rank = ceil(d / 16).
struct MixerWeights {
  at::Tensor conv_weight;  ///< (channels, 1, width) or (channels, width)
  at::Tensor conv_bias;    ///< (channels)
  at::Tensor x_proj;       ///< (rank + 2 states, channels)
  at::Tensor dt_weight;    ///< (channels, rank)
  at::Tensor dt_bias;      ///< (channels)
  at::Tensor A;            ///< (channels, states): -exp(A_log)
  at::Tensor D;            ///< (channels)
};

/// silu(z) * (sum over the orders of scan(silu(conv1d(x)))): (batch, token, channels), row = token;
/// what out_proj takes, once, since it is linear and the gate is pointwise.
/// xz: (batch, token, 2 channels), the output of in_proj, x first. orders: int32 (order, token) for
/// all samples, or (batch, order, token); element s of an order is the row that stands at position
/// s; each order is a permutation of the rows (token_orders.hpp makes them, also for pruned lists).
/// float32 (fast) or float64 (reference), on the CPU; float32 also where device_operators serves
/// xz. Differentiable once in xz and every weight. Keeps for the backward pass: xz, the ungated
/// sum, the projections and one state per 32 tokens; no (token, channel, state) tensor. The same
/// bits on every run and for every thread count, given that matrix products have them. Throws
/// c10::Error when shapes or types do not fit. Equal to the published layer, which runs in_proj,
/// gate and out_proj once per order: SegMamba-V2, TriMamba; state-spaces/mamba, Mamba.forward.
at::Tensor ordered_mixer(const at::Tensor& xz,
                         const MixerWeights& weights,
                         const at::Tensor& orders);

}  // namespace yates::kernels
