// SPDX-License-Identifier: Apache-2.0
// The passes of ordered_mixer on the CPU, one order after the other.
#pragma once

#include "kernels/scan/mixer_call_torch.hpp"

namespace yates::kernels {

/// y and what the backward pass needs, if that is to be kept.
MixerForward mixer_forward_cpu(const MixerCall& call, bool keep);

/// grad_y is contiguous.
MixerGradients mixer_backward_cpu(const MixerCall& call,
                                  const MixerKept& kept,
                                  const at::Tensor& grad_y);

}  // namespace yates::kernels
