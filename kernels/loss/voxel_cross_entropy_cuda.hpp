// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels on a GPU, float32. All pointers are device memory; nothing waits.
// Sums run over parts in an order that depends on the shape alone: equal bits every time.
#pragma once

#include <cstdint>

#include "kernels/loss/voxel_cross_entropy.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// Floats of scratch memory.
std::int64_t voxel_cross_entropy_cuda_workspace(const CrossEntropyShape& shape);

/// What `voxel_cross_entropy_reference` computes: writes the loss, a single float, and unless
/// `gradient` is null the gradient (batch, label, voxel). A label out of range makes the loss and
/// its voxel's gradient NaN, since nobody can be told. No voxels: NaN.
void voxel_cross_entropy_cuda(const CrossEntropyShape& shape,
                              const CrossEntropyInputs<float>& inputs,
                              float* loss,
                              float* gradient,
                              float* workspace,
                              Stream stream);

}  // namespace yates::kernels
