// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite on a GPU, float32. All pointers are device memory; nothing waits. Sums run over
// parts in an order that depends on the shape alone: equal bits every time, and for a sample at any
// batch size.
#pragma once

#include <cstdint>

#include "kernels/simt/stream.hpp"
#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// Floats of scratch memory that either pass needs.
std::int64_t squeeze_excite_cuda_workspace(const SqueezeExciteShape& shape);

/// What `squeeze_excite_forward_cpu` writes.
void squeeze_excite_forward_cuda(const SqueezeExciteShape& shape,
                                 const SqueezeExciteInputs<float>& inputs,
                                 const SqueezeExciteKept<float>& kept,
                                 float* y,
                                 float* workspace,
                                 Stream stream);

/// What `squeeze_excite_backward_cpu` writes.
void squeeze_excite_backward_cuda(const SqueezeExciteShape& shape,
                                  const SqueezeExciteInputs<float>& inputs,
                                  const SqueezeExciteKept<float>& kept,
                                  const float* grad_y,
                                  const SqueezeExciteGradients<float>& gradients,
                                  float* workspace,
                                  Stream stream);

}  // namespace yates::kernels
