// SPDX-License-Identifier: Apache-2.0
// Token pruning by the kernels for a GPU (token_prune_cuda.hpp), on tensors: the pruning part of
// the OperatorTable, whose entries say what each does. Link with yates::kernels_cuda, or in tests
// with yates::kernels_simt for host tensors. float32 and int32 tensors of one device; work goes to
// its current stream and nothing waits for it; scratch memory comes from LibTorch's allocator,
// which gives it out in the order of the stream. Throws c10::Error when shapes or types do not fit.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "kernels/device/operator_table_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::token_norms.
at::Tensor token_norms_device(const at::Tensor& tokens);

/// See OperatorTable::select_tokens. batch * token < 2^31.
DeviceSelection select_tokens_device(const at::Tensor& scores, std::int64_t kept);

/// See OperatorTable::compact_orders.
at::Tensor compact_orders_device(const DeviceSelection& selection, const at::Tensor& orders);

/// See OperatorTable::pool_tokens. Gradients are gathered, never added: bitwise repeatable.
at::Tensor pool_tokens_device(const at::Tensor& tokens,
                              const DeviceSelection& selection,
                              const at::Tensor& weights);

/// See OperatorTable::unpool_tokens. The gradient of the last row is a sum in a fixed order.
at::Tensor unpool_tokens_device(const at::Tensor& rows, const DeviceSelection& selection);

}  // namespace yates::kernels
