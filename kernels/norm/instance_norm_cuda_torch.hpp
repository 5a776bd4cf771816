// SPDX-License-Identifier: Apache-2.0
// InstanceNorm's part of the OperatorTable, whose entries say what each does. Link with
// yates::kernels_cuda, or in tests with yates::kernels_simt for host tensors. Work goes to the
// current stream of the tensors' device and nothing waits for it.
#pragma once

#include "kernels/norm/instance_norm_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::instance_norm_forward.
void instance_norm_forward_device(const InstanceNormShape& shape, const InstanceNormTensors& t);

/// See OperatorTable::instance_norm_backward.
void instance_norm_backward_device(const InstanceNormShape& shape,
                                   const InstanceNormTensors& t,
                                   const InstanceNormTensorGradients& gradients);

}  // namespace yates::kernels
