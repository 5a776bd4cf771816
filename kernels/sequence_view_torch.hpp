// SPDX-License-Identifier: Apache-2.0
// From tensors to the views that the cores take. For the *_torch.cpp files of kernels/ only.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "kernels/sequence_view.hpp"

namespace yates::kernels {

/// A (batch, channel, token) tensor of any strides; absent for an undefined tensor. `T` must be the
/// tensor's element type, const-qualified for reading.
template <typename T>
SequenceView<T> channel_major_view(const at::Tensor& tensor) {
  if (!tensor.defined()) {
    return {};
  }
  return {.data = static_cast<T*>(tensor.data_ptr()),
          .batch_stride = tensor.stride(0),
          .token_stride = tensor.stride(2),
          .channel_stride = tensor.stride(1)};
}

/// The elements of a contiguous tensor; null for an undefined one.
template <typename T>
T* elements(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

}  // namespace yates::kernels
