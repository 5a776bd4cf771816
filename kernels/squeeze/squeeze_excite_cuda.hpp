// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite on a GPU. V, the type of the volumes, is float, Float16 or BFloat16; everything
// else is float32, and sums are rounded to V only where they are kept. All pointers are device
// memory; nothing waits. Sums run over parts in an order that depends on the shape alone: equal
// bits every time, and for a sample at any batch size.
#pragma once

#include <cstdint>

#include "kernels/simt/narrow_float.hpp"
#include "kernels/simt/stream.hpp"
#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// Floats of scratch memory that either pass needs.
std::int64_t squeeze_excite_cuda_workspace(const SqueezeExciteShape& shape);

/// What `squeeze_excite_forward_cpu` writes.
template <typename V>
void squeeze_excite_forward_cuda(const SqueezeExciteShape& shape,
                                 const SqueezeExciteInputs<float, V>& inputs,
                                 const SqueezeExciteKept<float, V>& kept,
                                 V* y,
                                 float* workspace,
                                 Stream stream);

/// What `squeeze_excite_backward_cpu` writes.
template <typename V>
void squeeze_excite_backward_cuda(const SqueezeExciteShape& shape,
                                  const SqueezeExciteInputs<float, V>& inputs,
                                  const SqueezeExciteKept<float, V>& kept,
                                  const V* grad_y,
                                  const SqueezeExciteGradients<float, V>& gradients,
                                  float* workspace,
                                  Stream stream);

}  // namespace yates::kernels
