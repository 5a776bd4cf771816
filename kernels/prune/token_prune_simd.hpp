// SPDX-License-Identifier: Apache-2.0
// The vector loops of token_prune_cpu.cpp.
#pragma once

#include <cstdint>

#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

/// A block of rows of x (row, channel).
struct RowNorms {
  const float* x = nullptr;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  float* norms = nullptr;
};

/// Rows of x to be added up, in this order.
struct RowSum {
  const float* x = nullptr;
  std::int64_t channels = 0;
  const std::int32_t* rows = nullptr;
  std::int64_t count = 0;
  float* partial = nullptr;  ///< (channel), scratch memory
  float* sum = nullptr;      ///< (channel)
};

YATES_PER_ISA(void row_norms(const RowNorms& task))
YATES_PER_ISA(void row_sum(const RowSum& task))

}  // namespace yates::kernels
