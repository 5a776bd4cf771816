// SPDX-License-Identifier: Apache-2.0
// A convolution with its tensors bound.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "kernels/conv/conv3d_torch.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// "NAME.weight" and, if there is one, "NAME.bias".
class Convolution {
 public:
  Convolution(const ParameterList& parameters,
              const std::string& name,
              const kernels::Conv3dGeometry& geometry = {});

  /// (batch, in, d, w, h) to (batch, out, d', w', h'), in the type of x (model/precision.hpp).
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  kernels::Conv3dGeometry geometry_;
};

}  // namespace yates::model
