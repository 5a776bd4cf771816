// SPDX-License-Identifier: Apache-2.0
// Elementary functions in float that compilers turn into vector code: no branches, no calls, no
// tables. Plain IEEE operations in a fixed order, so every instruction set gives the same bits.
#pragma once

#include <bit>
#include <cstdint>

namespace yates::io {

/// log2(x) for normal x > 0; absolute error below 2e-7 times max(1, |log2 x|).
inline float fast_log2(float x) {
  // Mantissa m in [sqrt(1/2), sqrt(2)), then the series of atanh in s = (m - 1) / (m + 1).
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t shifted = bits - 0x3F3504F3U;
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(shifted) >> 23);
  const auto m = std::bit_cast<float>((shifted & 0x007FFFFFU) + 0x3F3504F3U);
  const float s = (m - 1.0F) / (m + 1.0F);
  const float q = s * s;
  const float tail = q * (0.33333333F + q * (0.2F + q * (0.14285714F + q * 0.11111111F)));
  constexpr float kTwoOverLn2 = 2.8853901F;
  return exponent + kTwoOverLn2 * (s + s * tail);
}

/// 2^x for x in [-126, 127]; relative error below 2e-7.
inline float fast_exp2(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer.
  const float shifted = x + kRound;
  const float f = (x - (shifted - kRound)) * 0.69314718F;
  const float low = 0.16666667F + f * (0.041666667F + f * 0.0083333333F);
  const float high = 0.0013888889F + f * 0.00019841270F;
  const float p = 1.0F + f * (1.0F + f * (0.5F + f * (low + f * f * f * high)));
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3F800000U;
  return p * std::bit_cast<float>(exponent);
}

/// sin and cos of `turn` full turns, turn in [0, 1); absolute error below 2e-7.
inline void fast_sincos_turn(float turn, float& sine, float& cosine) {
  constexpr float kRound = 12582912.0F;
  const float shifted = turn * 4.0F + kRound;
  const auto quadrant = std::bit_cast<std::uint32_t>(shifted);
  const float x = (turn * 4.0F - (shifted - kRound)) * 1.5707963F;
  const float q = x * x;
  const float s =
      x + x * q * (-0.16666667F + q * (0.0083333333F + q * (-1.9841270e-4F + q * 2.7557319e-6F)));
  const float c =
      1.0F + q * (-0.5F + q * (0.041666667F + q * (-0.0013888889F + q * 2.4801587e-5F)));
  const bool swapped = (quadrant & 1U) != 0;
  const float sine_of_quadrant = swapped ? c : s;
  const float cosine_of_quadrant = swapped ? s : c;
  const std::uint32_t sine_sign = (quadrant & 2U) << 30;
  const std::uint32_t cosine_sign = ((quadrant + 1U) & 2U) << 30;
  sine = std::bit_cast<float>(std::bit_cast<std::uint32_t>(sine_of_quadrant) ^ sine_sign);
  cosine = std::bit_cast<float>(std::bit_cast<std::uint32_t>(cosine_of_quadrant) ^ cosine_sign);
}

}  // namespace yates::io
