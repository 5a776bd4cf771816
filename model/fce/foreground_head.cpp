// SPDX-License-Identifier: Apache-2.0
#include "model/fce/foreground_head.hpp"

#include "model/blocks/instance_norm.hpp"

namespace yates::model {

ForegroundHead::ForegroundHead(const ParameterList& parameters, const std::string& name)
    : conv1_(parameters, name + ".conv1"), conv2_(parameters, name + ".conv2") {}

at::Tensor ForegroundHead::operator()(const at::Tensor& x) const {
  return conv2_(instance_norm_relu(conv1_(x)));
}

}  // namespace yates::model
