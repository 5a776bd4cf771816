// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels for autograd.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/loss/voxel_cross_entropy.hpp"

namespace yates::kernels {

/// Mean over all voxels of -log softmax(logits)[label], a scalar of the dtype of the logits.
/// logits (batch, label, d, w, h) float32 (fast) or float64 (reference), labels (batch, d, w, h)
/// int64 in [0, label), on one device. Differentiable once in the logits. On the CPU the gradient
/// is computed with the loss and kept, nothing else; deterministic for any thread count; throws
/// Error{BadData} for a label out of range. The same where device_operators serves the logits, but
/// that a label out of range makes the loss NaN; elsewhere see voxel_cross_entropy_composed. Throws
/// c10::Error when shapes or types do not fit.
at::Tensor voxel_cross_entropy(const at::Tensor& logits, const at::Tensor& labels);

CrossEntropyShape cross_entropy_shape(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace yates::kernels
