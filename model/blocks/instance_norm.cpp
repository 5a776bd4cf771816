// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/instance_norm.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/relu.h>

namespace yates::model {

at::Tensor instance_norm(const at::Tensor& x) {
  constexpr double kUnusedMomentum = 0.1;
  return at::instance_norm(x, {}, {}, {}, {}, true, kUnusedMomentum, kNormEpsilon, false);
}

at::Tensor instance_norm_relu(const at::Tensor& x) {
  return at::relu(instance_norm(x));
}

at::Tensor instance_norm_leaky_relu(const at::Tensor& x, const at::Tensor& residual) {
  at::Tensor y = instance_norm(x);
  if (residual.defined()) {
    y = at::add(y, residual);
  }
  return at::leaky_relu(y, kLeakySlope);
}

}  // namespace yates::model
