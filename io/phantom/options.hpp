// SPDX-License-Identifier: Apache-2.0
// What a set of synthetic cases is made from.
#pragma once

#include <array>
#include <cstdint>

namespace yates::io {

/// The volume of BraTS, (D, H, W).
inline constexpr std::array<std::int64_t, 3> kBratsShape = {155, 240, 240};

/// One set of phantoms; case `i` of a set is a function of these and of i alone.
struct PhantomOptions {
  std::uint64_t seed = 1;
  /// (D, H, W) of the volume. Other shapes than kBratsShape scale brain and tumour with them.
  std::array<std::int64_t, 3> shape = kBratsShape;
  /// 0 easy ... 1 hard: less contrast between labels and more noise. 0.5 is the calibrated set;
  /// below it tumours are larger too, and no part of them is missing at 0.
  double difficulty = 0.5;
};

/// Throws Error{Usage} unless every side is in [16, 512] and difficulty in [0, 1].
void check_phantom_options(const PhantomOptions& options);

}  // namespace yates::io
