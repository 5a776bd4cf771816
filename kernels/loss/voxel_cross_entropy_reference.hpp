// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels, written plainly.
#pragma once

#include "kernels/loss/voxel_cross_entropy.hpp"

namespace yates::kernels {

/// Mean over all voxels of log(sum exp(logits)) - logits[label], every step in double; writes its
/// gradient (batch, label, voxel) unless `gradient` is null. No voxels: NaN. A NaN logit makes the
/// loss and its voxel's gradient NaN. Throws Error{BadData} for a label out of range. Serial,
/// deterministic. Source: PyTorch `cross_entropy`, mean reduction, no ignored label.
template <typename T>
double voxel_cross_entropy_reference(const CrossEntropyShape& shape,
                                     const CrossEntropyInputs<T>& inputs,
                                     T* gradient);

}  // namespace yates::kernels
