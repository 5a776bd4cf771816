// SPDX-License-Identifier: Apache-2.0
// Tensors of LibTorch in safetensors files.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "io/checkpoint/safetensors.hpp"

namespace yates::cli {

/// The tensor as an entry to write; it borrows the memory. Precondition: contiguous, on the CPU,
/// float32, float64 or int64.
io::TensorEntry tensor_entry(const std::string& name, const at::Tensor& tensor);

/// A copy of the tensor `name` of a file, any numeric type. Throws Error{BadData} that lists the
/// names there are.
at::Tensor read_tensor(const io::SafetensorsFile& file, const std::string& name);

}  // namespace yates::cli
