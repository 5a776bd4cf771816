// SPDX-License-Identifier: Apache-2.0
// Token pruning on the CPU in float32: score, exact selection, summary, each linear in the tokens.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// L2 norm of every row of x (row, channel), contiguous: norms (row). Equal rows have equal norms.
/// Deterministic, given the instruction set.
void token_norms_cpu(const float* x,
                     std::int64_t rows,
                     std::int64_t channels,
                     float* norms,
                     const ParallelRunner& parallel = run_serially,
                     Isa isa = best_isa());

/// The selection of select_tokens_reference, index for index: ties to the lower index, -0 equals 0,
/// NaN below every number, both lists ascending. Radix selection over 11 + 11 + 10 bits of the
/// scores, then one ordered pass; 4 bytes of scratch memory per token.
/// Precondition: kept.size() + dropped.size() == scores.size() < 2^31.
void select_tokens_cpu(std::span<const float> scores,
                       std::span<std::int32_t> kept,
                       std::span<std::int32_t> dropped);

/// Mean (channel) of the listed rows of x (row, channel), contiguous: sums of 64 rows, then of
/// these, in the order of the list. No rows: zeros. Deterministic, given the instruction set.
void mean_of_rows_cpu(const float* x,
                      std::int64_t channels,
                      std::span<const std::int32_t> rows,
                      float* mean,
                      Isa isa = best_isa());

}  // namespace yates::kernels
