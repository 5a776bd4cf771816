// SPDX-License-Identifier: Apache-2.0
// Residual block of the UNETR part, and its Conv-Lt replacement.
#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// lrelu(IN(conv 3^3 (lrelu(IN(conv 3^3 (x))))) + s), where s is IN(conv 1^3 (x)) if the channels
/// change, else x. Under Conv-Lt ("NAME.depthwise" exists) it is
/// lrelu(IN(pointwise 1^3 (depthwise 3^3 (x)))). No biases. Source: MONAI `UnetResBlock`.
class ResidualBlock {
 public:
  ResidualBlock(const ParameterList& parameters, const std::string& name);

  /// x (batch, in, d, w, h) to (batch, out, d, w, h).
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution first_;   ///< conv1, or depthwise.
  Convolution second_;  ///< conv2, or pointwise.
  std::optional<Convolution> shortcut_;
  bool separable_;
};

}  // namespace yates::model
