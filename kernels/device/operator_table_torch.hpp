// SPDX-License-Identifier: Apache-2.0
// The operators that have kernels for a GPU, as one table: operators and model ask here whether a
// tensor lies where those kernels run, and name no CUDA themselves. A program for GPUs puts the
// table of kernels/cuda in for CUDA tensors; tests put the same table, with the block emulator
// behind it, in for host tensors.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <c10/core/DeviceType.h>

#include "kernels/simt/stream.hpp"

namespace yates::kernels {

struct MixerWeights;

/// A selection of tokens that stays on the device, int32 (kernels/prune/token_prune_cuda.hpp).
struct DeviceSelection {
  at::Tensor kept;     ///< (batch, K), ascending
  at::Tensor dropped;  ///< (batch, L - K), ascending
  at::Tensor rank;     ///< (batch, L): place in `kept`, -1 if dropped
};

/// float32 tensors of one device; nothing waits for it. All are deterministic.
struct OperatorTable {
  /// As kernels::ordered_mixer; `orders` are not checked. Differentiable.
  at::Tensor (*ordered_mixer)(const at::Tensor& xz,
                              const MixerWeights& weights,
                              const at::Tensor& orders) = nullptr;
  /// L2 norms (batch, token) of tokens (batch, token, channel). No gradient.
  at::Tensor (*token_norms)(const at::Tensor& tokens) = nullptr;
  /// The `kept` best of scores (batch, token); ties to the lower index, NaN last.
  DeviceSelection (*select_tokens)(const at::Tensor& scores, std::int64_t kept) = nullptr;
  /// `orders` (order, token) of the kept tokens, the summary's row last: (batch, order, K + 1).
  at::Tensor (*compact_orders)(const DeviceSelection& selection,
                               const at::Tensor& orders) = nullptr;
  /// Rows (batch, K + 1, channel) of tokens (batch, token, channel): the kept ones, then the sum of
  /// the dropped ones times `weights` (batch, token), or their mean where those are undefined.
  /// Differentiable in `tokens`.
  at::Tensor (*pool_tokens)(const at::Tensor& tokens,
                            const DeviceSelection& selection,
                            const at::Tensor& weights) = nullptr;
  /// (batch, token, channel) of rows (batch, K + 1, channel): its own row for a kept token, the
  /// last one for a dropped token. Differentiable.
  at::Tensor (*unpool_tokens)(const at::Tensor& rows, const DeviceSelection& selection) = nullptr;
};

/// From now on `table` serves float32 tensors of that kind of device; null: none. Not to be called
/// while others compute.
void use_device_operators(c10::DeviceType device, const OperatorTable* table);

/// The table that serves `tensor`; null: the operators of the CPU do.
const OperatorTable* device_operators(const at::Tensor& tensor);

/// The stream on which work on this tensor's device goes; null for host tensors.
Stream current_stream(const at::Tensor& tensor);

}  // namespace yates::kernels
