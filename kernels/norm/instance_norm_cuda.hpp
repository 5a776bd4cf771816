// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation on a GPU. V, the type of the volumes, is float, Float16 or
// BFloat16; everything is computed in float32 and rounded once, when it is written. All pointers
// are device memory; nothing waits. Sums run over parts in an order that depends on the shape
// alone: equal bits every time, and for a sample at any batch size.
#pragma once

#include <cstdint>

#include "kernels/norm/instance_norm.hpp"
#include "kernels/simt/narrow_float.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// Floats of scratch memory that either pass needs.
std::int64_t instance_norm_cuda_workspace(const InstanceNormShape& shape);

/// What `instance_norm_forward_cpu` writes.
template <typename V>
void instance_norm_forward_cuda(const InstanceNormShape& shape,
                                const InstanceNormInputs<V>& inputs,
                                V* y,
                                const InstanceNormMoments& moments,
                                const InstanceNormMoments& residual_moments,
                                float* workspace,
                                Stream stream);

/// What `instance_norm_backward_cpu` writes.
template <typename V>
void instance_norm_backward_cuda(const InstanceNormShape& shape,
                                 const InstanceNormSaved<V>& saved,
                                 const V* grad_y,
                                 const InstanceNormGradients<V>& gradients,
                                 float* workspace,
                                 Stream stream);

}  // namespace yates::kernels
