// SPDX-License-Identifier: Apache-2.0
// Restoring from neighbours, written plainly.
#pragma once

#include "kernels/prune/neighbor_restore.hpp"

namespace yates::kernels {

/// y of rows; kept (batch, K), ascending. A walk of its own for every token and direction, sums in
/// double. Serial, deterministic.
template <typename T>
void neighbor_restore_reference(const NeighborShape& shape,
                                const std::int32_t* kept,
                                const T* rows,
                                T* y);

/// The gradient of sum(y * grad_y): every token's is spread over the rows that it was made of, in
/// the order of tokens, in double. Serial, deterministic.
template <typename T>
void neighbor_restore_backward_reference(const NeighborShape& shape,
                                         const std::int32_t* kept,
                                         const T* grad_y,
                                         T* grad_rows);

}  // namespace yates::kernels
