// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite's part of the OperatorTable, whose entries say what each does. Link with
// yates::kernels_cuda, or in tests with yates::kernels_simt for host tensors. Work goes to the
// current stream of the tensors' device and nothing waits for it.
#pragma once

#include "kernels/squeeze/squeeze_excite_torch.hpp"

namespace yates::kernels {

/// See OperatorTable::squeeze_excite_forward.
void squeeze_excite_forward_device(const SqueezeExciteShape& shape, const SqueezeExciteTensors& t);

/// See OperatorTable::squeeze_excite_backward.
void squeeze_excite_backward_device(const SqueezeExciteShape& shape,
                                    const SqueezeExciteTensors& t,
                                    const SqueezeExciteTensorGradients& gradients);

}  // namespace yates::kernels
