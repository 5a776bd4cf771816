// SPDX-License-Identifier: Apache-2.0
// Dropped positions filled from the kept tokens around them (restore `neighbor`, appendix E.3 of
// the paper): what all versions share. Out of rows (batch, K + 1, channel), the kept tokens in the
// order of their list and the summary's row last, y (batch, token, channel):
//   a kept token gets its row;
//   a dropped one the mean of the rows of the first kept token met along each of the six axis
//   directions, weighted by 1 / distance in tokens;
//   the summary's row where none is met.
// The paper says only "interpolated from its nearest retained neighbors": axis walks find them in
// O(token) and never mix in a token across a dropped region that a nearer one stands before.
#pragma once

#include <cstdint>

namespace yates::kernels {

inline constexpr int kNeighborDirections = 6;

struct NeighborShape {
  std::int64_t batch = 0;
  std::int64_t depth = 0, height = 0, width = 0;  ///< Of the grid; tokens are row-major in it.
  std::int64_t kept = 0;                          ///< In each sample.
  std::int64_t channels = 0;
};

/// Per sample and token up to six rows and their weights, whose sum is 1: (batch, token,
/// direction); directions are, axis after axis, towards lower and higher indices. An unused place
/// has row -1; a kept token has its own row, and a token that met none the summary's, in the first
/// place.
template <typename W>
struct NeighborStencil {
  std::int32_t* rows = nullptr;
  W* weights = nullptr;
};

}  // namespace yates::kernels
