// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/squeeze_excite.hpp"

#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>

#include "model/precision.hpp"

namespace yates::model {

SqueezeExcite::SqueezeExcite(const ParameterList& parameters, const std::string& name)
    : weight1_(parameters.at(name + ".fc.0.weight")),
      bias1_(parameters.at(name + ".fc.0.bias")),
      weight2_(parameters.at(name + ".fc.2.weight")),
      bias2_(parameters.at(name + ".fc.2.bias")) {}

at::Tensor SqueezeExcite::operator()(const at::Tensor& x) const {
  const at::Tensor pooled = full_precision(at::mean(x, {2, 3, 4}));
  const at::Tensor hidden = at::relu(at::linear(pooled, weight1_, bias1_));
  const at::Tensor gates = at::sigmoid(at::linear(hidden, weight2_, bias2_));
  return at::mul(x, gates.to(x.scalar_type()).view({x.size(0), x.size(1), 1, 1, 1}));
}

}  // namespace yates::model
