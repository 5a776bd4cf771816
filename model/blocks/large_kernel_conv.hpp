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

/// relu(IN(depthwise 3^3 (x))) + x: what stages 0 and 1 hold under Conv-Lt; with a pointwise 1^3
/// behind the depthwise convolution if "NAME.pointwise" exists. The paper defines it by its counts
/// only: without the pointwise one the parameters are exact to the printed digit (84.10 and 37.40
/// million relocated; 84.12 and 37.41 with it), with it the FLOPs are nearer.
/// The normalisation annihilates the biases, the depthwise one through the pointwise convolution.
class DepthwiseBlock {
 public:
  DepthwiseBlock(const ParameterList& parameters, const std::string& name);

  /// x (batch, channel, d, w, h); the result has the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution depthwise_;
  std::optional<Convolution> pointwise_;
};

}  // namespace yates::model
