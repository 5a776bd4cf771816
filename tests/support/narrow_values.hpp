// SPDX-License-Identifier: Apache-2.0
// Values of tests in the narrow types that kernels store volumes in.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "kernels/simt/narrow_float.hpp"

namespace yates::testing {

template <typename V>
std::vector<V> narrow(const std::vector<float>& values) {
  std::vector<V> result;
  for (const float value : values) {
    result.push_back(kernels::narrowed<V>(value));
  }
  return result;
}

template <typename V>
std::vector<float> widen(const std::vector<V>& values) {
  std::vector<float> result;
  for (const V value : values) {
    result.push_back(kernels::widened(value));
  }
  return result;
}

/// Makes every value one that V can hold.
template <typename V, typename T>
void round_to(std::vector<T>& values) {
  for (T& value : values) {
    value = static_cast<T>(kernels::widened(kernels::narrowed<V>(static_cast<float>(value))));
  }
}

/// Largest relative error of one rounding to V; 0 for float, whose errors a test knows itself.
template <typename V>
constexpr double rounding_of() {
  return std::is_same_v<V, float> ? 0.0 : std::is_same_v<V, kernels::Float16> ? 0x1p-11 : 0x1p-8;
}

}  // namespace yates::testing
