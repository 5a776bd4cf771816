// SPDX-License-Identifier: Apache-2.0
// The selective scan of Mamba (v1): shapes and arguments shared by its reference and fast cores.
//   dt = softplus(delta + delta_bias)              (or without softplus)
//   h[t] = exp(dt[t] A) h[t-1] + dt[t] B[t] u[t]   per channel, h in R^states, h[-1] = 0
//   y[t] = (C[t] . h[t] + D u[t]) * silu(z[t])     (the factor only if z is present)
// Source: Gu, Dao, "Mamba: linear-time sequence modeling with selective state spaces", section 3.
#pragma once

#include <cstdint>

#include "kernels/sequence_view.hpp"

namespace yates::kernels {

struct ScanShape {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t channels = 0;
  std::int64_t states = 0;
};

/// What the scan reads. `T` is float or double.
template <typename T>
struct ScanInputs {
  SequenceView<const T> u;        ///< (batch, token, channel)
  SequenceView<const T> delta;    ///< (batch, token, channel), before bias and softplus
  const T* A = nullptr;           ///< (channel, state), row-major; negative for a stable scan
  SequenceView<const T> B;        ///< (batch, token, state)
  SequenceView<const T> C;        ///< (batch, token, state)
  const T* D = nullptr;           ///< (channel), or null: no skip term
  SequenceView<const T> z;        ///< (batch, token, channel), or absent: no gate
  const T* delta_bias = nullptr;  ///< (channel), or null
  bool delta_softplus = true;
};

/// Where the backward pass writes the gradients of the inputs of the same names. Views of absent
/// inputs stay absent; every present array is overwritten.
template <typename T>
struct ScanGradients {
  SequenceView<T> u;
  SequenceView<T> delta;
  T* A = nullptr;
  SequenceView<T> B;
  SequenceView<T> C;
  T* D = nullptr;
  SequenceView<T> z;
  T* delta_bias = nullptr;
};

}  // namespace yates::kernels
