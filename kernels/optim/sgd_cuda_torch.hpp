// SPDX-License-Identifier: Apache-2.0
// The optimiser's part of the OperatorTable. Link with yates::kernels_cuda, or in tests with
// yates::kernels_simt for host tensors. Work goes to the current stream of the tensors' device and
// nothing waits for it: the list of parts goes there from pinned memory, anew every time, since
// gradients need not stay where they are.
#pragma once

#include <span>

#include "kernels/optim/sgd_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::gradient_norm.
at::Tensor gradient_norm_device(std::span<const at::Tensor> gradients,
                                const at::Tensor& loss_scale);

/// See OperatorTable::sgd_update.
void sgd_update_device(std::span<const SgdTriple> triples,
                       const SgdStep& step,
                       double clip_norm,
                       const SgdVerdict& verdict);

}  // namespace yates::kernels
