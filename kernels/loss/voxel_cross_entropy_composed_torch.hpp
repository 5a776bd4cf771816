// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels out of LibTorch's operators, for devices without a kernel of ours.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// As voxel_cross_entropy, on any device, for any floating type. Labels are not checked: one out of
/// range counts as probability 1, nothing waits for the device. Sums and pointwise operations only,
/// no scatter: deterministic on GPUs too, where LibTorch's own loss is not.
at::Tensor voxel_cross_entropy_composed(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace yates::kernels
