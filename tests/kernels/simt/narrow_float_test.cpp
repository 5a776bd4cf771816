// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/narrow_float.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// All patterns in ascending order of value, from 0 to the largest finite one.
template <typename V>
std::uint16_t largest_finite() {
  std::uint16_t bits = 0;
  while (std::isfinite(widened(V{static_cast<std::uint16_t>(bits + 1)}))) {
    ++bits;
  }
  return bits;
}

template <typename V>
void expect_every_value_to_come_back() {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const V value{static_cast<std::uint16_t>(bits)};
    const float wide = widened(value);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(widened(narrowed<V>(wide)))) << bits;
    } else {
      ASSERT_EQ(narrowed<V>(wide).bits, value.bits);
    }
  }
}

/// Between every two neighbours: below, at and above the middle.
template <typename V>
void expect_nearest_with_ties_to_even() {
  const std::uint16_t last = largest_finite<V>();
  for (std::uint16_t bits = 0; bits < last; ++bits) {
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const float middle = widened(V{bits}) / 2 + widened(V{next}) / 2;  // exact
    const std::uint16_t even = bits % 2 == 0 ? bits : next;
    ASSERT_EQ(narrowed<V>(middle).bits, even);
    ASSERT_EQ(narrowed<V>(-middle).bits, even | 0x8000U);
    ASSERT_EQ(narrowed<V>(std::nextafter(middle, 0.0F)).bits, bits);
    ASSERT_EQ(narrowed<V>(std::nextafter(middle, kInf)).bits, next);
  }
}

TEST(NarrowFloat, HoldsKnownValues) {
  EXPECT_EQ(widened(Float16{0x3C00}), 1.0F);
  EXPECT_EQ(widened(Float16{0x7BFF}), 65504.0F);
  EXPECT_EQ(widened(Float16{0x0001}), 0x1p-24F);
  EXPECT_EQ(widened(Float16{0xFC00}), -kInf);
  EXPECT_EQ(widened(BFloat16{0x3F80}), 1.0F);
  EXPECT_EQ(widened(BFloat16{0xC049}), -3.140625F);
}

TEST(NarrowFloat, ReturnsEveryValueItHolds) {
  expect_every_value_to_come_back<Float16>();
  expect_every_value_to_come_back<BFloat16>();
}

TEST(NarrowFloat, RoundsToTheNearestWithTiesToEven) {
  expect_nearest_with_ties_to_even<Float16>();
  expect_nearest_with_ties_to_even<BFloat16>();
}

TEST(NarrowFloat, BecomesInfiniteWhereItIsTooLarge) {
  EXPECT_EQ(widened(narrowed<Float16>(65519.9F)), 65504.0F);
  EXPECT_EQ(widened(narrowed<Float16>(65520.0F)), kInf);
  EXPECT_EQ(widened(narrowed<Float16>(-1e30F)), -kInf);
  EXPECT_EQ(widened(narrowed<BFloat16>(std::numeric_limits<float>::max())), kInf);
  EXPECT_TRUE(std::isnan(widened(narrowed<Float16>(std::nanf("")))));
  EXPECT_TRUE(std::isnan(widened(narrowed<BFloat16>(-std::nanf("")))));
}

}  // namespace
}  // namespace yates::kernels
