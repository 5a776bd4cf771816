// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/mlp.hpp"

#include <ATen/ops/gelu.h>

#include "model/blocks/instance_norm.hpp"

namespace yates::model {

Mlp::Mlp(const ParameterList& parameters, const std::string& name)
    : fc1_(parameters, name + ".fc1"), fc2_(parameters, name + ".fc2") {}

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  return fc2_(at::gelu(fc1_(instance_norm(x))));
}

}  // namespace yates::model
