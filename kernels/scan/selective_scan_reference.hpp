// SPDX-License-Identifier: Apache-2.0
// The selective scan as plain loops: what every fast version is compared with.
#pragma once

#include "kernels/scan/selective_scan.hpp"

namespace yates::kernels {

/// Writes y (batch, token, channel). Every size may be 0. Instantiated for float and double; the
/// state is kept in T. Deterministic. A NaN in a token reaches that channel's later tokens only
/// (through B, C: all channels of that sample).
template <typename T>
void selective_scan_forward_reference(const ScanShape& shape,
                                      const ScanInputs<T>& inputs,
                                      const SequenceView<T>& y);

/// Writes the gradients of sum(y * grad_y) with respect to all present inputs. Needs
/// 2 * tokens * states elements of scratch memory. Instantiated for float and double.
/// Deterministic: sums run over batch, then channels, then tokens in a fixed order.
template <typename T>
void selective_scan_backward_reference(const ScanShape& shape,
                                       const ScanInputs<T>& inputs,
                                       const SequenceView<const T>& grad_y,
                                       const ScanGradients<T>& gradients);

}  // namespace yates::kernels
