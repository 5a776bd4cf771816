// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite: channels scaled by gates computed from their means.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "model/parameters.hpp"

namespace yates::model {

/// y = x * sigmoid(W2 relu(W1 mean(x) + b1) + b2), tensors "NAME.fc.0.*" and "NAME.fc.2.*".
class SqueezeExcite {
 public:
  SqueezeExcite(const ParameterList& parameters, const std::string& name);

  /// x (batch, channel, d, w, h); the result has the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight1_, bias1_, weight2_, bias2_;
};

}  // namespace yates::model
