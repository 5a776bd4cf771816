// SPDX-License-Identifier: Apache-2.0
// The vector loops of sgd_cpu.cpp over a part of one tensor.
#pragma once

#include "kernels/optim/sgd.hpp"
#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

/// The sum of squares of `count` floats: products exact and added in double, lane by lane and then
/// the lanes in order.
YATES_PER_ISA(double square_sum_block(const float* values, std::int64_t count))
/// The update of one part in float32.
YATES_PER_ISA(void sgd_block(const SgdTensor<float>& part, const SgdStep& step))

}  // namespace yates::kernels
