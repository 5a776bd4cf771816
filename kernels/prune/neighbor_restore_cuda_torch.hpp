// SPDX-License-Identifier: Apache-2.0
// Restoring from neighbours by the kernels for a GPU: a part of the OperatorTable. Link with
// yates::kernels_cuda, or in tests with yates::kernels_simt for host tensors. Work goes to the
// current stream of the tensors' device and nothing waits for it.
#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

#include "kernels/device/operator_table_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::restore_neighbors. Gradients are gathered, never added: bitwise repeatable.
/// Throws c10::Error when shapes or types do not fit.
at::Tensor restore_neighbors_device(const at::Tensor& rows,
                                    const DeviceSelection& selection,
                                    const std::array<std::int64_t, 3>& grid);

}  // namespace yates::kernels
