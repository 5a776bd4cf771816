// SPDX-License-Identifier: Apache-2.0
// The pointwise MLP between an encoder stage and its skip connection.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// fc2(gelu(fc1(IN(x)))) with the exact GELU; fc1 and fc2 are 1^3 convolutions with bias.
class Mlp {
 public:
  Mlp(const ParameterList& parameters, const std::string& name);

  /// x (batch, channel, d, w, h); the result has the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution fc1_, fc2_;
};

}  // namespace yates::model
