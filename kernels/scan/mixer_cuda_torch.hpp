// SPDX-License-Identifier: Apache-2.0
// The passes of ordered_mixer by the kernels for a GPU: the mixer's part of the OperatorTable. Link
// with yates::kernels_cuda, or in tests with yates::kernels_simt for host tensors. Work goes to the
// current stream of the tensors' device and nothing waits for it. Three orders take one launch of
// each kernel; x_proj is one matrix product for all. Deterministic, given that matrix products are.
#pragma once

#include "kernels/scan/mixer_call_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::mixer_forward. Each order must be a permutation of the rows.
MixerForward mixer_forward_device(const MixerCall& call, bool keep);

/// See OperatorTable::mixer_backward.
MixerGradients mixer_backward_device(const MixerCall& call,
                                     const MixerKept& kept,
                                     const at::Tensor& grad_y);

}  // namespace yates::kernels
