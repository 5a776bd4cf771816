// SPDX-License-Identifier: Apache-2.0
// One step of the decoder: double the resolution, join the skip, convolve.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/blocks/residual_block.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// Transposed convolution 2^3 with stride 2, concatenation (up, skip), residual block.
/// Source: MONAI `UnetrUpBlock`.
class UpBlock {
 public:
  UpBlock(const ParameterList& parameters, const std::string& name);

  /// x (batch, 2c, d, w, h) and skip (batch, c, 2d, 2w, 2h) to (batch, c, 2d, 2w, 2h).
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const at::Tensor& skip) const;

 private:
  Convolution up_;
  ResidualBlock block_;
};

}  // namespace yates::model
