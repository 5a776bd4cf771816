// SPDX-License-Identifier: Apache-2.0
// Restoring from neighbours on the CPU, float32 or float64: who stands around whom is found once,
// in time linear in the tokens, for both passes.
#pragma once

#include "kernels/prune/neighbor_restore.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// Writes the whole stencil of kept (batch, K), ascending: one walk over all lines of the grid per
/// direction. Serial, deterministic.
void neighbor_stencil_cpu(const NeighborShape& shape,
                          const std::int32_t* kept,
                          const NeighborStencil<double>& stencil);

/// What neighbor_restore_reference computes, within rounding, sums in T in the order of directions:
/// the same bits with any runner.
template <typename T>
void neighbor_restore_cpu(const NeighborShape& shape,
                          const NeighborStencil<double>& stencil,
                          const T* rows,
                          T* y,
                          const ParallelRunner& parallel = run_serially);

/// What neighbor_restore_backward_reference computes, within rounding, sums in T in the order of
/// tokens: the same bits with any runner.
template <typename T>
void neighbor_restore_backward_cpu(const NeighborShape& shape,
                                   const NeighborStencil<double>& stencil,
                                   const T* grad_y,
                                   T* grad_rows,
                                   const ParallelRunner& parallel = run_serially);

}  // namespace yates::kernels
