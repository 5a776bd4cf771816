// SPDX-License-Identifier: Apache-2.0
// One slice of channels of one sample of the row scan: the unit of row_scan_cpu.cpp, plain pointers
// only, and the functions that scan neighbouring slices, one pair per instruction set.
#pragma once

#include <cstdint>

#include "kernels/simd/channel_slices.hpp"
#include "kernels/simd/dispatch.hpp"

namespace yates::kernels {

inline constexpr std::int64_t kRowScanTile = 32;  ///< Tokens per tile and per stored state.
inline constexpr std::int64_t kRowScanGroup = 4;  ///< States held in registers at a time.
/// Elements between scratch arrays: arrays of a multiple of 4 KiB would share their cache sets.
inline constexpr std::int64_t kRowScanSkew = 5 * kSliceAlign;

/// `padded` channels, of which `width` exist; `states` is padded to a multiple of kRowScanGroup.
/// Arrays of the slice's own (not rows) are zero in the padding.
struct RowScanSlice {
  std::int64_t tokens = 0;
  std::int64_t width = 0;
  std::int64_t padded = 0;
  std::int64_t states = 0;
  std::int64_t true_states = 0;
  std::int64_t rank = 0;
  std::int64_t row_stride = 0;      ///< Elements from one row of u, delta, y to the next.
  std::int64_t feature_stride = 0;  ///< The same of the features.
  bool softplus = true;
  const std::int32_t* order = nullptr;  ///< Row at each position, or null.
  const float* u = nullptr;             ///< First channel of the slice in row 0.
  const float* delta = nullptr;
  const float* features = nullptr;
  const float* exponents = nullptr;  ///< (state, padded): A log2(e)
  const float* D = nullptr;          ///< (padded)
  const float* dt_bias = nullptr;    ///< (padded)
  const float* dt_weight = nullptr;  ///< (rank, padded)
  float* states_kept = nullptr;      ///< (tile, state, padded): h before each tile, or null
  float* scratch = nullptr;          ///< row_scan_scratch(padded, states) elements
  // Forward.
  float* y = nullptr;
  bool accumulate = false;  ///< Add to y instead of overwriting it.
  // Backward.
  const float* grad_y = nullptr;
  float* grad_u = nullptr;
  float* grad_delta = nullptr;
  float* grad_projected = nullptr;  ///< (row, 2 states): this slice's share of grad B, grad C
  float* grad_A = nullptr;          ///< (state, padded), added to
  float* grad_D = nullptr;          ///< (padded), added to
  float* grad_dt_bias = nullptr;    ///< (padded), added to
};

/// Elements of scratch memory that one slice needs.
std::int64_t row_scan_scratch(std::int64_t padded, std::int64_t states);

/// `count` >= 1 slices of one sample, of the same padded width, tile by tile: what they share is
/// staged once, and a row is met by all of them while it is near. The grouping changes no bit.
YATES_PER_ISA(void row_scan_forward_slices(const RowScanSlice* slices, std::int64_t count))
YATES_PER_ISA(void row_scan_backward_slices(const RowScanSlice* slices, std::int64_t count))

}  // namespace yates::kernels
