// SPDX-License-Identifier: Apache-2.0
// float16 and bfloat16 as they lie in memory. Kernels store volumes in them and compute in float32.
#pragma once

#include <bit>
#include <cstdint>

namespace yates::kernels {

/// IEEE 754 binary16.
struct Float16 {
  std::uint16_t bits;
};

/// The upper half of a binary32.
struct BFloat16 {
  std::uint16_t bits;
};

/// The value itself, exact.
inline float widened(float value) {
  return value;
}

inline float widened(Float16 value) {
  constexpr float kSmallest = 0x1p-24F;
  const std::uint32_t sign = (value.bits & 0x8000U) << 16;
  const std::uint32_t exponent = (value.bits >> 10) & 0x1FU;
  const std::uint32_t fraction = value.bits & 0x3FFU;
  if (exponent == 0x1F) {
    return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  }
  const float magnitude = exponent == 0
                              ? static_cast<float>(fraction) * kSmallest
                              : std::bit_cast<float>((exponent + 112) << 23 | fraction << 13);
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

inline float widened(BFloat16 value) {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16);
}

/// The nearest value of the type V, ties to even; what is too large becomes infinite, NaN stays.
template <typename V>
V narrowed(float value);

template <>
inline float narrowed<float>(float value) {
  return value;
}

template <>
inline Float16 narrowed<Float16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  const auto with_sign = [sign](std::uint32_t rest) {
    return Float16{static_cast<std::uint16_t>(sign | rest)};
  };
  constexpr std::uint32_t kInfinity = 0x7C00;
  constexpr std::uint32_t kTooLarge = 0x47800000;      // 2^16
  constexpr std::uint32_t kLeastNormal = 0x38800000U;  // 2^-14
  if (magnitude > 0x7F800000U) {
    return with_sign(0x7E00);
  }
  if (magnitude >= kTooLarge) {
    return with_sign(kInfinity);
  }
  if (magnitude < kLeastNormal) {
    // From 0.5 to 1 the neighbours of a float32 are 2^-24 apart, as subnormals are here.
    const auto moved = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F);
    return with_sign(moved - std::bit_cast<std::uint32_t>(0.5F));
  }
  const std::uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
  return with_sign((rounded >> 13) - (112U << 10));
}

template <>
inline BFloat16 narrowed<BFloat16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) {
    return {static_cast<std::uint16_t>(bits >> 16 | 0x40U)};
  }
  return {static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

}  // namespace yates::kernels
