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

/// store_some past the caches where the vector is a whole line of them: for large results that are
/// not read again soon, whose lines would first be fetched only to be overwritten. Such stores may
/// arrive late: another thread reads them after finish_streams() in this one.
inline void stream_some(float* target, Lanes value, std::int64_t count) {
#if defined(__AVX512F__)
  if (count >= kLanes && reinterpret_cast<std::uintptr_t>(target) % sizeof value == 0) {
    _mm512_stream_ps(target, __m512(value));
    return;
  }
#endif
  store_some(target, value, count);
}

inline void finish_streams() {
#if defined(__AVX512F__)
  _mm_sfence();
#endif
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
  return Lanes(_mm512_roundscale_ps(__m512(x), 0));
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

/// 2^(a b).
inline Lanes exp2_of_product(Lanes a, Lanes b) {
#if defined(__AVX512F__)
  // 1.5 * 2^23 rounds the sum to a whole number; both sums take the product unrounded.
  constexpr float kShift = 12582912.0F;
  const Lanes whole = (a * b + kShift) - kShift;
  return scale_by_power(exp2_fraction(a * b - whole), whole, whole);
#else
  return exp2(a * b);
#endif
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

/// log(1 + t) for t in [0, 1]: t + t^2 h(t), relative error 5e-8, small also where t is tiny.
inline Lanes log1p_of_fraction(Lanes t) {
  Lanes h = t * 0.00536466976F - 0.0300651759F;
  h = h * t + 0.0792035404F;
  h = h * t - 0.137537192F;
  h = h * t + 0.191536168F;
  h = h * t - 0.248571544F;
  h = h * t + 0.333213216F;
  h = h * t - 0.499996479F;
  return t * t * h + t;
}

/// log(1 + e^x); NaN stays NaN.
inline Lanes softplus(Lanes x) {
  return (x > 0.0F ? x : Lanes{}) + log1p_of_fraction(exp(x < 0.0F ? x : -x));
}

/// softplus(x) and its derivative, sigmoid(x), out of one exponential.
struct SoftplusSlope {
  Lanes value;
  Lanes slope;
};

inline SoftplusSlope softplus_slope(Lanes x) {
  const Lanes t = exp(x < 0.0F ? x : -x);
  const Lanes reciprocal = 1.0F / (t + 1.0F);
  return {.value = (x > 0.0F ? x : Lanes{}) + log1p_of_fraction(t),
          .slope = x < 0.0F ? t * reciprocal : reciprocal};
}

/// Eight lane sums at once: element m of `sums` is the sum over the lanes of the m-th vector at
/// `vectors`. Halves are folded pairwise, so that a shuffle serves two vectors.
inline void eight_lane_sums(const float* vectors, float* sums) {
#if defined(__AVX512F__)
  const auto fold = [](Lanes a, Lanes b, __m512i low, __m512i high) {
    return Lanes(_mm512_permutex2var_ps(__m512(a), low, __m512(b))) +
           Lanes(_mm512_permutex2var_ps(__m512(a), high, __m512(b)));
  };
  // Lanes with bit H clear take from a, the others from b.
  const __m512i low8 = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  const __m512i high8 =
      _mm512_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  const __m512i low4 = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
  const __m512i high4 =
      _mm512_setr_epi32(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  const __m512i low2 = _mm512_setr_epi32(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
  const __m512i high2 =
      _mm512_setr_epi32(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  const auto vector = [vectors](std::int64_t m) { return load(vectors + m * kLanes); };
  const Lanes v04 = fold(vector(0), vector(4), low8, high8);
  const Lanes v26 = fold(vector(2), vector(6), low8, high8);
  const Lanes v15 = fold(vector(1), vector(5), low8, high8);
  const Lanes v37 = fold(vector(3), vector(7), low8, high8);
  const Lanes pairs = fold(fold(v04, v26, low4, high4), fold(v15, v37, low4, high4), low2, high2);
  // Sum m now stands in lanes 2 m and 2 m + 1.
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 0, 0, 0, 0, 0, 0, 0, 0);
  const Lanes result = Lanes(_mm512_permutexvar_ps(even, __m512(pairs))) +
                       Lanes(_mm512_permutexvar_ps(odd, __m512(pairs)));
  std::memcpy(sums, &result, 8 * sizeof(float));
#else
  for (std::int64_t m = 0; m < 8; ++m) {
    float lanes[kLanes];
    std::memcpy(lanes, vectors + m * kLanes, sizeof lanes);
    for (std::int64_t half = kLanes / 2; half > 0; half /= 2) {
      for (std::int64_t i = 0; i < half; ++i) {
        lanes[i] += lanes[i + half];
      }
    }
    sums[m] = lanes[0];
  }
#endif
}

}  // namespace yates::kernels::YATES_SIMD
