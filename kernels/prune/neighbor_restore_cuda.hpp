// SPDX-License-Identifier: Apache-2.0
// Restoring from neighbours on a GPU, float32. Both passes gather: a row's gradient walks to the
// tokens that were made of it. Nothing is added by atomics, sums run in an order that the selection
// alone fixes: equal bits every time. All pointers are device memory; nothing waits.
#pragma once

#include <cstdint>

#include "kernels/prune/neighbor_restore.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// What select_tokens_cuda wrote (token_prune_cuda.hpp).
struct NeighborSelection {
  const std::int32_t* kept = nullptr;     ///< (batch, K)
  const std::int32_t* dropped = nullptr;  ///< (batch, token - K)
  const std::int32_t* rank = nullptr;     ///< (batch, token)
};

/// Writes the whole stencil. A token walks until it meets a kept one: time grows with the gaps.
void neighbor_stencil_cuda(const NeighborShape& shape,
                           const std::int32_t* rank,
                           const NeighborStencil<float>& stencil,
                           Stream stream);

/// What neighbor_restore_reference computes.
void neighbor_restore_cuda(const NeighborShape& shape,
                           const NeighborStencil<float>& stencil,
                           const float* rows,
                           float* y,
                           Stream stream);

/// Floats of scratch memory of the backward pass.
std::int64_t neighbor_cuda_workspace(const NeighborShape& shape);

/// What neighbor_restore_backward_reference computes. The summary's gradient is a sum over parts of
/// 64 dropped tokens, then over these.
void neighbor_restore_backward_cuda(const NeighborShape& shape,
                                    const NeighborSelection& selection,
                                    const NeighborStencil<float>& stencil,
                                    const float* grad_y,
                                    float* grad_rows,
                                    float* workspace,
                                    Stream stream);

}  // namespace yates::kernels
