// SPDX-License-Identifier: Apache-2.0
// A vector of floats as wide as the instruction set of this translation unit, with the functions
// that the operators need. For the *_simd.cpp files only: each is compiled once per instruction
// set, with YATES_SIMD naming it and everything inside the namespace of that name, so that the
// linker never mixes them. For the same reason no standard library template is used there.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace yates::kernels::YATES_SIMD {

#if defined(__AVX512F__)
inline constexpr std::int64_t kLanes = 16;
#elif defined(__AVX2__)
inline constexpr std::int64_t kLanes = 8;
#else
inline constexpr std::int64_t kLanes = 4;
#endif

using Lanes = float __attribute__((vector_size(kLanes * 4)));
using IntLanes = std::int32_t __attribute__((vector_size(kLanes * 4)));

inline Lanes load(const float* source) {
  Lanes value;
  std::memcpy(&value, source, sizeof value);
  return value;
}

inline void store(float* target, Lanes value) {
  std::memcpy(target, &value, sizeof value);
}

inline Lanes splat(float value) {
  return value - Lanes{};
}

/// The first `count` elements, zeros behind them; all lanes if count >= kLanes.
inline Lanes load_some(const float* source, std::int64_t count) {
  if (count >= kLanes) {
    return load(source);
  }
  Lanes value{};
  std::memcpy(&value, source, count > 0 ? static_cast<std::size_t>(count) * sizeof(float) : 0);
  return value;
}

/// Writes the first `count` lanes; all if count >= kLanes.
inline void store_some(float* target, Lanes value, std::int64_t count) {
  if (count >= kLanes) {
    store(target, value);
    return;
  }
  std::memcpy(target, &value, count > 0 ? static_cast<std::size_t>(count) * sizeof(float) : 0);
}

inline Lanes as_floats(IntLanes bits) {
  Lanes value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline IntLanes as_ints(Lanes value) {
  IntLanes bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// 2^f for |f| <= 1/2, relative error 1.1e-7 at the ends and falling with f towards 0, so that
/// decays near 1 stay exact over many tokens. Coefficients: minimax with the first two exact.
inline Lanes exp2_fraction(Lanes f) {
  Lanes p = f * 0.0013300264F + 0.009669708F;
  p = p * f + 0.0555056F;
  p = p * f + 0.24022282F;
  p = p * f + 0.69314718F;
  return p * f + 1.0F;
}

/// p * 2^round(x), where x rounds to `whole`.
inline Lanes scale_by_power(Lanes p, Lanes x, Lanes whole) {
#if defined(__AVX512F__)
  (void)x;
  return Lanes(_mm512_scalef_ps(__m512(p), __m512(whole)));
#else
  // 1.5 * 2^23 in the low bits of which `whole` stands as an integer.
  const IntLanes exponent = as_ints(whole + 12582912.0F) << 23;
  return x == x ? as_floats(as_ints(p) + exponent) : x;
#endif
}

/// Splits x into an integer and a rest of at most 1/2. Outside the exponents of a float the plain
/// versions first clamp x, so that 2^x ends near the largest or smallest normal number.
inline Lanes round_to_whole(Lanes x) {
#if defined(__AVX512F__)
  return Lanes(__m512(x) - _mm512_reduce_ps(__m512(x), 0));
#else
  return (x + 12582912.0F) - 12582912.0F;
#endif
}

inline Lanes clamp_exponent(Lanes x) {
#if !defined(__AVX512F__)
  x = x < -126.0F ? splat(-126.0F) : x;
  x = x > 127.99F ? splat(127.99F) : x;
#endif
  return x;
}

/// 2^x; NaN stays NaN.
inline Lanes exp2(Lanes x) {
  x = clamp_exponent(x);
  const Lanes whole = round_to_whole(x);
  return scale_by_power(exp2_fraction(x - whole), x, whole);
}

/// e^x with the product x log2(e) in two parts: relative error 2e-7 over the whole range.
inline Lanes exp(Lanes x) {
  const Lanes scaled = clamp_exponent(x * 1.44269504F);
  const Lanes whole = round_to_whole(scaled);
  const Lanes rest = (x * 1.44269504F - whole) + x * 1.92596299e-8F;
  return scale_by_power(exp2_fraction(rest), scaled, whole);
}

/// 1 / (1 + e^-x).
inline Lanes sigmoid(Lanes x) {
  return 1.0F / (1.0F + exp(-x));
}

/// softplus and its derivative share their exponential.
struct Softplus {
  Lanes value;
  Lanes slope;
};

/// log(1 + e^x), with small relative error also where it is tiny, and sigmoid(x).
inline Softplus softplus(Lanes x) {
  const Lanes t = exp(x < 0.0F ? x : -x);
  // log(1 + t) = 2 atanh(s), s = t / (2 + t) <= 1/3.
  const Lanes s = t / (t + 2.0F);
  const Lanes q = s * s;
  Lanes p = q * 0.14006009F + 0.14000899F;
  p = p * q + 0.20010764F;
  p = p * q + 0.33333208F;
  const Lanes log1p = 2.0F * (s + s * q * p);
  const Lanes reciprocal = 1.0F / (t + 1.0F);
  return {.value = (x > 0.0F ? x : Lanes{}) + log1p,
          .slope = x < 0.0F ? t * reciprocal : reciprocal};
}

}  // namespace yates::kernels::YATES_SIMD
