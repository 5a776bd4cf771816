// SPDX-License-Identifier: Apache-2.0
// The foreground confidence estimator (FCE) of one Mamba stage.
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// conv 1^3 (d -> d/8, no bias: the normalisation would remove it), InstanceNorm, ReLU, conv 1^3
/// (d/8 -> 1, with bias). The paper (appendix H) calls it a lightweight auxiliary head and gives no
/// form; this one costs under 0.02 % of the parameters at C = 48.
class ForegroundHead {
 public:
  /// Tensors "NAME.conv1.weight", "NAME.conv2.weight" and "NAME.conv2.bias".
  ForegroundHead(const ParameterList& parameters, const std::string& name);

  /// x (batch, d, depth, height, width) to one logit per token, (batch, 1, depth, height, width).
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution conv1_, conv2_;
};

/// What the head of a Mamba stage read and said.
struct ForegroundReading {
  std::int64_t stage = 0;  ///< Encoder stage: the grid is the patch / 2^(stage + 1).
  at::Tensor features;     ///< (batch, d, d', h', w'), what enters the stage's TriMamba layers.
  at::Tensor logits;       ///< (batch, 1, d', h', w'); the probability is their sigmoid.
};

}  // namespace yates::model
