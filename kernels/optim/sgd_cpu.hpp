// SPDX-License-Identifier: Apache-2.0
// Gradient norm and SGD update on the CPU, float32, over all tensors in one parallel region.
#pragma once

#include <span>

#include "kernels/optim/sgd.hpp"
#include "kernels/simd/isa.hpp"
#include "kernels/simd/parallel.hpp"

namespace yates::kernels {

/// What `square_sum_reference` computes, within 1e-12 (relative): tensors are cut into parts of
/// kSgdChunk elements, their sums are added in the order of tensors and parts. The same bits on
/// every run and with any runner, given the instruction set.
double square_sum_cpu(std::span<const SgdTensor<float>> tensors,
                      const ParallelRunner& parallel = run_serially,
                      Isa isa = best_isa());

/// What `sgd_reference` computes, within 1e-6 (relative L2). Elementwise: the same bits with any
/// runner, given the instruction set.
void sgd_cpu(std::span<const SgdTensor<float>> tensors,
             const SgdStep& step,
             const ParallelRunner& parallel = run_serially,
             Isa isa = best_isa());

}  // namespace yates::kernels
