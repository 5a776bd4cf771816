// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation, written plainly.
#pragma once

#include "kernels/norm/instance_norm.hpp"

namespace yates::kernels {

/// Writes y (instance_norm.hpp), every step in double. A NaN spreads over its channel of its sample
/// and nowhere else; one voxel gives n(x) = 0. Serial, deterministic. Source: PyTorch
/// `instance_norm` without affine part, `relu`, `leaky_relu`.
template <typename T>
void instance_norm_reference(const InstanceNormShape& shape,
                             const InstanceNormInputs<T>& inputs,
                             T* y);

/// Writes the gradients; where the sum before the activation is 0 or NaN, that of the negative
/// side. Serial, deterministic.
template <typename T>
void instance_norm_backward_reference(const InstanceNormShape& shape,
                                      const InstanceNormInputs<T>& inputs,
                                      const T* grad_y,
                                      const InstanceNormGradients<T>& gradients);

}  // namespace yates::kernels
