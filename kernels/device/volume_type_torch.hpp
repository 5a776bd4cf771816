// SPDX-License-Identifier: Apache-2.0
// LibTorch's types of volumes as the kernels for GPUs name them.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include "kernels/simt/narrow_float.hpp"

namespace yates::kernels {

/// Calls run(V()) with the V that `volume` is made of: float, Float16 or BFloat16. Throws
/// c10::Error for another type.
template <typename Run>
void with_volume_type(const at::Tensor& volume, const Run& run) {
  switch (volume.scalar_type()) {
    case at::kFloat: return run(float());
    case at::kHalf: return run(Float16());
    case at::kBFloat16: return run(BFloat16());
    default: TORCH_CHECK(false, "no kernel of a GPU for volumes of ", volume.scalar_type());
  }
}

/// The elements; null for an undefined tensor.
template <typename V>
V* volume_data(const at::Tensor& volume) {
  return volume.defined() ? static_cast<V*>(volume.mutable_data_ptr()) : nullptr;
}

}  // namespace yates::kernels
