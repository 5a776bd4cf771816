// SPDX-License-Identifier: Apache-2.0
// Restoring from neighbours for autograd, on the CPU; elsewhere OperatorTable::restore_neighbors.
#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// y (batch, token, channel) of rows (batch, K + 1, channel), float32 or float64, as
/// kernels/prune/neighbor_restore.hpp says; kept (batch, K) int32 or int64, ascending; grid (depth,
/// height, width). Differentiable once in rows. Deterministic for any thread count.
at::Tensor neighbor_restore(const at::Tensor& rows,
                            const at::Tensor& kept,
                            const std::array<std::int64_t, 3>& grid);

}  // namespace yates::kernels
