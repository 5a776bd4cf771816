// SPDX-License-Identifier: Apache-2.0
// The three scan orders of a token grid as a tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/prune/token_scores.hpp"

namespace yates::model {

/// int32 (order, token), as kernels::token_orders makes them, on that device. Made once per grid
/// and device and shared by all callers, who only read it. Safe from any thread.
at::Tensor grid_orders(const TokenGrid& grid, const at::Device& device);

}  // namespace yates::model
