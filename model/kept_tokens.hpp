// SPDX-License-Identifier: Apache-2.0
// How many tokens a keep rate leaves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace yates::model {

/// K = max(1, ceil(rate * tokens - 1e-9)), at most `tokens`. The small term undoes the rounding of
/// the product: 0.07 * 100 is a little more than 7 in floating point. `keep_rate` in (0, 1].
inline std::int64_t kept_tokens(double keep_rate, std::int64_t tokens) {
  const double wanted = std::ceil(keep_rate * static_cast<double>(tokens) - 1e-9);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted), 1, tokens);
}

/// Rows that the scan sees: the kept tokens and the summary token, or all of them when none is
/// dropped.
inline std::int64_t scanned_tokens(double keep_rate, std::int64_t tokens) {
  const std::int64_t kept = kept_tokens(keep_rate, tokens);
  return kept == tokens ? tokens : kept + 1;
}

}  // namespace yates::model
