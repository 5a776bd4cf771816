// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/residual_block.hpp"

#include "model/blocks/instance_norm.hpp"

namespace yates::model {
namespace {

bool is_separable(const ParameterList& parameters, const std::string& name) {
  return parameters.find(name + ".depthwise.conv.weight") != nullptr;
}

Convolution first_convolution(const ParameterList& parameters, const std::string& name) {
  if (!is_separable(parameters, name)) {
    return Convolution(parameters, name + ".conv1.conv", {.padding = 1});
  }
  const std::int64_t channels = parameters.at(name + ".depthwise.conv.weight").size(0);
  return Convolution(parameters, name + ".depthwise.conv", {.padding = 1, .groups = channels});
}

Convolution second_convolution(const ParameterList& parameters, const std::string& name) {
  return is_separable(parameters, name)
             ? Convolution(parameters, name + ".pointwise.conv")
             : Convolution(parameters, name + ".conv2.conv", {.padding = 1});
}

}  // namespace

ResidualBlock::ResidualBlock(const ParameterList& parameters, const std::string& name)
    : first_(first_convolution(parameters, name)),
      second_(second_convolution(parameters, name)),
      separable_(is_separable(parameters, name)) {
  if (parameters.find(name + ".conv3.conv.weight") != nullptr) {
    shortcut_.emplace(parameters, name + ".conv3.conv");
  }
}

at::Tensor ResidualBlock::operator()(const at::Tensor& x) const {
  if (separable_) {
    return instance_norm_leaky_relu(second_(first_(x)));
  }
  const at::Tensor y = second_(instance_norm_leaky_relu(first_(x)));
  return shortcut_ ? instance_norms_leaky_relu(y, (*shortcut_)(x)) : instance_norm_leaky_relu(y, x);
}

}  // namespace yates::model
