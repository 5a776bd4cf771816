// SPDX-License-Identifier: Apache-2.0
// The operators that have kernels for a GPU, as one table: operators and model ask here whether a
// tensor lies where those kernels run, and name no CUDA themselves. A program for GPUs puts the
// table of kernels/cuda in for CUDA tensors; tests put the same table, with the block emulator
// behind it, in for host tensors.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>
#include <c10/core/DeviceType.h>

#include "kernels/simt/stream.hpp"

namespace yates::kernels {

struct InstanceNormShape;
struct InstanceNormTensors;
struct InstanceNormTensorGradients;
struct MixerCall;
struct MixerForward;
struct MixerGradients;
struct MixerKept;
struct SgdStep;
struct SgdTriple;
struct SgdVerdict;
struct SqueezeExciteShape;
struct SqueezeExciteTensors;
struct SqueezeExciteTensorGradients;

/// A selection of tokens that stays on the device, int32 (kernels/prune/token_prune_cuda.hpp).
struct DeviceSelection {
  at::Tensor kept;     ///< (batch, K), ascending
  at::Tensor dropped;  ///< (batch, L - K), ascending
  at::Tensor rank;     ///< (batch, L): place in `kept`, -1 if dropped
};

/// Tensors of one device; nothing waits for it. All are deterministic. What is not said to be
/// differentiable is one pass of an operator that is: kernels/norm, squeeze, loss and scan each
/// have one function for autograd, whose passes run here, on the CPU or in the reference.
struct OperatorTable {
  // Volumes of float32, float16 or bfloat16, everything else float32.

  /// Writes y and the moments.
  void (*instance_norm_forward)(const InstanceNormShape& shape,
                                const InstanceNormTensors& tensors) = nullptr;
  /// Writes the gradients of x and, where there is one, of the residual.
  void (*instance_norm_backward)(const InstanceNormShape& shape,
                                 const InstanceNormTensors& tensors,
                                 const InstanceNormTensorGradients& gradients) = nullptr;
  /// Writes y and what is kept.
  void (*squeeze_excite_forward)(const SqueezeExciteShape& shape,
                                 const SqueezeExciteTensors& tensors) = nullptr;
  /// Writes the gradients of a term and of the weights.
  void (*squeeze_excite_backward)(const SqueezeExciteShape& shape,
                                  const SqueezeExciteTensors& tensors,
                                  const SqueezeExciteTensorGradients& gradients) = nullptr;

  // float32 tensors.

  /// The loss of voxel_cross_entropy, a scalar; writes the gradient of logits (batch, label, ...),
  /// unless that is undefined. A label out of range makes both NaN. Contiguous tensors.
  at::Tensor (*voxel_cross_entropy)(const at::Tensor& logits,
                                    const at::Tensor& labels,
                                    const at::Tensor& gradient) = nullptr;
  /// As kernels::gradient_norm.
  at::Tensor (*gradient_norm)(std::span<const at::Tensor> gradients,
                              const at::Tensor& loss_scale) = nullptr;
  /// As kernels::sgd_update with a verdict.
  void (*sgd_update)(std::span<const SgdTriple> triples,
                     const SgdStep& step,
                     double clip_norm,
                     const SgdVerdict& verdict) = nullptr;
  /// At most 3 orders and 16 states, convolution width 2 to 4, else c10::Error; the entries of the
  /// orders are not checked.
  MixerForward (*mixer_forward)(const MixerCall& call, bool keep) = nullptr;
  MixerGradients (*mixer_backward)(const MixerCall& call,
                                   const MixerKept& kept,
                                   const at::Tensor& grad_y) = nullptr;
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
  /// The same with what kernels/prune/neighbor_restore.hpp says for a dropped token of a grid
  /// (depth, height, width). Differentiable in `rows`.
  at::Tensor (*restore_neighbors)(const at::Tensor& rows,
                                  const DeviceSelection& selection,
                                  const std::array<std::int64_t, 3>& grid) = nullptr;
};

/// From now on `table` serves tensors of that kind of device; null: none. Not to be called while
/// others compute.
void use_device_operators(c10::DeviceType device, const OperatorTable* table);

/// The table that serves `tensor`, if that is float32; null: the operators of the CPU do, or where
/// there are none LibTorch's.
const OperatorTable* device_operators(const at::Tensor& tensor);

/// The same for a volume, which may also be float16 or bfloat16.
const OperatorTable* device_volume_operators(const at::Tensor& volume);

/// The stream on which work on this tensor's device goes; null for host tensors.
Stream current_stream(const at::Tensor& tensor);

}  // namespace yates::kernels
