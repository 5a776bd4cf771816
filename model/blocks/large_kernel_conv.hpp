// SPDX-License-Identifier: Apache-2.0
// LargeKernelConv of the encoder ("gscs" in the published tree), and its Conv-Lt replacement.
#pragma once

#include <array>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/blocks/squeeze_excite.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// SE(deep(x) + shortcut(x) + x): deep is 5^3, 3^3, 3^3 with dilation 2; shortcut is 3^3, 1^3; each
/// convolution is followed by InstanceNorm and ReLU.
/// Its biases are annihilated by the normalisation: they are not added, and their gradient is zero.
class LargeKernelConv {
 public:
  LargeKernelConv(const ParameterList& parameters, const std::string& name);

  /// x (batch, channel, d, w, h); the result has the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  std::array<Convolution, 3> deep_;
  std::array<Convolution, 2> shortcut_;
  SqueezeExcite squeeze_excite_;
};

/// relu(IN(depthwise 3^3 (x))) + x: what stages 0 and 1 hold under Conv-Lt. The paper defines it by
/// its parameter counts only; this form reproduces them exactly.
class DepthwiseBlock {
 public:
  DepthwiseBlock(const ParameterList& parameters, const std::string& name);

  /// x (batch, channel, d, w, h); the result has the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution depthwise_;
};

}  // namespace yates::model
