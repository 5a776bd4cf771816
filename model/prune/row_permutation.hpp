// SPDX-License-Identifier: Apache-2.0
// Rows of every sample in another order, with a gradient that moves them back.
#pragma once

#include <ATen/core/Tensor.h>

namespace yates::model {

/// y[b, i] = x[b, order[b, i]] for x (batch, row, channel) and `order` (batch, row), int64, each
/// sample's a permutation of its rows. Differentiable in x; the gradient gathers by the inverse
/// permutation, so that nothing is summed and every bit is reproducible.
at::Tensor permute_rows(const at::Tensor& x, const at::Tensor& order);

/// inverse[b, order[b, i]] = i.
at::Tensor inverse_permutation(const at::Tensor& order);

}  // namespace yates::model
