// SPDX-License-Identifier: Apache-2.0
// The precision policy. Parameters are float32 leaves, the masters that the optimiser changes and
// checkpoints hold. The input's type is the type of the activations: every operator casts its
// weights to the type of what it reads, and the cast returns their gradients in float32. No
// autocast. In float32 whatever the activations: LayerNorm, convolution and scan of the Mamba
// layers (products in_proj and out_proj take the activations' type), scores and pooling of pruned
// tokens, gates of squeeze-and-excitation, logits and losses.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

/// Whether `type` is float16 or bfloat16.
inline bool is_low_precision(at::ScalarType type) {
  return type == at::kHalf || type == at::kBFloat16;
}

/// x as float32 if it is of low precision, else x. Differentiable.
inline at::Tensor full_precision(const at::Tensor& x) {
  return is_low_precision(x.scalar_type()) ? x.to(at::kFloat) : x;
}

}  // namespace yates::model
