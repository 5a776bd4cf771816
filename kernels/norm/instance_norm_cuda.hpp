// SPDX-License-Identifier: Apache-2.0
// InstanceNorm, residual and activation on a GPU, float32. All pointers are device memory; nothing
// waits. Sums run over parts in an order that depends on the shape alone: equal bits every time,
// and for a sample at any batch size.
#pragma once

#include <cstdint>

#include "kernels/norm/instance_norm.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// Floats of scratch memory that either pass needs.
std::int64_t instance_norm_cuda_workspace(const InstanceNormShape& shape);

/// What `instance_norm_forward_cpu` writes.
void instance_norm_forward_cuda(const InstanceNormShape& shape,
                                const InstanceNormInputs<float>& inputs,
                                float* y,
                                const InstanceNormMoments& moments,
                                const InstanceNormMoments& residual_moments,
                                float* workspace,
                                Stream stream);

/// What `instance_norm_backward_cpu` writes.
void instance_norm_backward_cuda(const InstanceNormShape& shape,
                                 const InstanceNormSaved& saved,
                                 const float* grad_y,
                                 const InstanceNormGradients<float>& gradients,
                                 float* workspace,
                                 Stream stream);

}  // namespace yates::kernels
