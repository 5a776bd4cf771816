// SPDX-License-Identifier: Apache-2.0
// The training loss.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

/// Mean over all voxels of -log softmax(logits)[label]: logits (batch, label, d, w, h), labels
/// (batch, d, w, h) int64 in [0, label). A scalar of the dtype of the logits; differentiable in
/// them. Deterministic. Throws Error{BadData} for a label out of range.
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace yates::model
