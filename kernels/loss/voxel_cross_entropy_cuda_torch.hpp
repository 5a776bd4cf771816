// SPDX-License-Identifier: Apache-2.0
// Cross-entropy's part of the OperatorTable. Link with yates::kernels_cuda, or in tests with
// yates::kernels_simt for host tensors. Work goes to the current stream of the tensors' device and
// nothing waits for it.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// See OperatorTable::voxel_cross_entropy.
at::Tensor voxel_cross_entropy_device(const at::Tensor& logits,
                                      const at::Tensor& labels,
                                      const at::Tensor& gradient);

}  // namespace yates::kernels
