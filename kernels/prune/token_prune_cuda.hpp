// SPDX-License-Identifier: Apache-2.0
// Token pruning on a GPU, float32: score, exact selection, the three pruned orders, fuse, un-pool.
// Everything is per sample of a batch, in one call; pointers are device memory; no call waits for
// the stream. Integer atomics only: each result has the same bits on every run.
#pragma once

#include <cstdint>

#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// `kept` of `tokens` tokens are kept in each of `batch` samples; 1 <= kept <= tokens.
struct PruneShape {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;  ///< batch * tokens < 2^31
  std::int64_t kept = 0;
};

/// L2 norm of every row of x (row, channel), contiguous: norms (row). Lanes sum every 32nd channel,
/// then each other: equal rows have equal norms. NaN stays NaN.
void token_norms_cuda(
    const float* x, std::int64_t rows, std::int64_t channels, float* norms, Stream stream);

/// Bytes of scratch memory of select_tokens_cuda and of compact_orders_cuda.
std::int64_t prune_cuda_workspace(const PruneShape& shape);

/// The selection of select_tokens_reference, index for index, of scores (batch, token): ties to the
/// lower index, -0 equals 0, NaN below every number. Writes kept (batch, kept) and dropped (batch,
/// tokens - kept), both ascending, and rank (batch, token): the place in `kept`, -1 if dropped.
void select_tokens_cuda(const PruneShape& shape,
                        const float* scores,
                        std::int32_t* kept,
                        std::int32_t* dropped,
                        std::int32_t* rank,
                        void* workspace,
                        Stream stream);

/// The orders of the pruned rows, of each sample as compact_orders makes them: `orders` (order,
/// token), `rank` of select_tokens_cuda. Writes compact (batch, order, kept + 1); the summary, row
/// `kept`, comes last in each.
void compact_orders_cuda(const PruneShape& shape,
                         const std::int32_t* orders,
                         int order_count,
                         const std::int32_t* rank,
                         std::int32_t* compact,
                         void* workspace,
                         Stream stream);

/// Elements (float) of scratch memory of pool_tokens_cuda.
std::int64_t pool_cuda_workspace(const PruneShape& shape, std::int64_t channels);

/// Gathers rows (batch, kept + 1, channel) out of x (batch, token, channel): the kept ones, then
/// `scale` times the sum of the dropped ones, each times its weight (batch, token) unless `weights`
/// is null. Sums of 64 rows in order, then of these in a fixed order; nothing dropped: zeros.
/// scale = 1 / (tokens - kept) makes it the mean; scale = 1 the gradient of unpool_tokens_cuda.
void pool_tokens_cuda(const PruneShape& shape,
                      std::int64_t channels,
                      const float* x,
                      const std::int32_t* kept,
                      const std::int32_t* dropped,
                      const float* weights,
                      float scale,
                      float* rows,
                      float* workspace,
                      Stream stream);

/// The way back, and the gradient of pool_tokens_cuda with the same scale and weights: token t of
/// out (batch, token, channel) is its kept row, or `scale` times its weight times the summary row,
/// plus residual (batch, token, channel) unless that is null.
void unpool_tokens_cuda(const PruneShape& shape,
                        std::int64_t channels,
                        const float* rows,
                        const std::int32_t* rank,
                        const float* weights,
                        float scale,
                        const float* residual,
                        float* out,
                        Stream stream);

}  // namespace yates::kernels
