// SPDX-License-Identifier: Apache-2.0
// Token pruning as plain code: score, selection, summary. What the fast versions are compared with.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/sequence_view.hpp"

namespace yates::kernels {

/// L2 norm over the channels of every token of one sample: norms (token). Sums run over the
/// channels in order. float and double.
template <typename T>
void token_norms_reference(std::int64_t tokens,
                           std::int64_t channels,
                           const SequenceView<const T>& x,
                           T* norms);

/// Splits the tokens of one sample into the kept.size() of largest score and the rest, both in
/// ascending order of index. Equal scores: the lower index is kept first; -0 equals 0; NaN ranks
/// below every number. Precondition: kept.size() + dropped.size() == scores.size().
template <typename T>
void select_tokens_reference(std::span<const T> scores,
                             std::span<std::int32_t> kept,
                             std::span<std::int32_t> dropped);

/// Mean (channel) of the listed rows of x (row, channel), contiguous; sums run over the list in
/// order, in double. No rows: zeros.
template <typename T>
void mean_of_rows_reference(const T* x,
                            std::int64_t channels,
                            std::span<const std::int32_t> rows,
                            T* mean);

}  // namespace yates::kernels
