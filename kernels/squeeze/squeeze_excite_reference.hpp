// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite, written plainly.
#pragma once

#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// Writes y and what the backward pass needs, every sum in double. A NaN spreads over its sample
/// and no further. Serial, deterministic. Source: published SegMamba-V2 code, `SELayer`.
template <typename T>
void squeeze_excite_reference(const SqueezeExciteShape& shape,
                              const SqueezeExciteInputs<T>& inputs,
                              const SqueezeExciteKept<T>& kept,
                              T* y);

/// Writes the gradients from what the forward pass kept; `inputs.terms` is read only where there is
/// one term. Nothing is written where there is no element. Serial, deterministic.
template <typename T>
void squeeze_excite_backward_reference(const SqueezeExciteShape& shape,
                                       const SqueezeExciteInputs<T>& inputs,
                                       const SqueezeExciteKept<T>& kept,
                                       const T* grad_y,
                                       const SqueezeExciteGradients<T>& gradients);

}  // namespace yates::kernels
