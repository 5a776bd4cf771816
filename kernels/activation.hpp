// SPDX-License-Identifier: Apache-2.0
// Pointwise functions that the operators share, exactly as the framework defines them.
#pragma once

#include <cmath>

namespace yates::kernels {

template <typename T>
T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

/// x * sigmoid(x).
template <typename T>
T silu(T x) {
  return x * sigmoid(x);
}

template <typename T>
T silu_derivative(T x) {
  const T s = sigmoid(x);
  return s * (T(1) + x * (T(1) - s));
}

/// log(1 + exp(x)); x itself above 20, as torch.nn.functional.softplus does. NaN stays NaN.
template <typename T>
T softplus(T x) {
  return x > T(20) ? x : std::log1p(std::exp(x));
}

/// Derivative of `softplus`: 1 above 20.
template <typename T>
T softplus_derivative(T x) {
  return x > T(20) ? T(1) : sigmoid(x);
}

}  // namespace yates::kernels
