// SPDX-License-Identifier: Apache-2.0
// The table of operators with the CUDA kernels of this program behind it: yates::kernels_cuda on a
// GPU, yates::kernels_simt, the same sources under the block emulator, in tests.
#pragma once

#include "kernels/device/operator_table_torch.hpp"

namespace yates::kernels {

const OperatorTable& cuda_operators();

}  // namespace yates::kernels
