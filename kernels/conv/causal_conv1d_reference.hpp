// SPDX-License-Identifier: Apache-2.0
// The causal convolution as plain loops: what every fast version is compared with.
#pragma once

#include "kernels/conv/causal_conv1d.hpp"

namespace yates::kernels {

/// Writes y (batch, token, channel). Sizes may be 0. Instantiated for float and double.
/// Deterministic. A NaN at token t reaches tokens t .. t + width - 1 of its channel.
template <typename T>
void causal_conv1d_forward_reference(const ConvShape& shape,
                                     const ConvInputs<T>& inputs,
                                     const SequenceView<T>& y);

/// Writes the gradients of sum(y * grad_y). Recomputes what it needs, stores nothing but one
/// channel's pre-activation gradient. Instantiated for float and double. Deterministic.
template <typename T>
void causal_conv1d_backward_reference(const ConvShape& shape,
                                      const ConvInputs<T>& inputs,
                                      const SequenceView<const T>& grad_y,
                                      const ConvGradients<T>& gradients);

}  // namespace yates::kernels
