// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/large_kernel_conv.hpp"

#include <ATen/ops/add.h>

#include "model/blocks/instance_norm.hpp"

namespace yates::model {
namespace {

at::Tensor conv_norm_relu(const Convolution& convolution, const at::Tensor& x) {
  return instance_norm_relu(convolution(x));
}

}  // namespace

LargeKernelConv::LargeKernelConv(const ParameterList& parameters, const std::string& name)
    : deep_{Convolution(
                parameters, name + ".deep_path.0.block.0", {.padding = 2, .normalised = true}),
            Convolution(
                parameters, name + ".deep_path.1.block.0", {.padding = 1, .normalised = true}),
            Convolution(parameters,
                        name + ".deep_path.2.block.0",
                        {.padding = 2, .dilation = 2, .normalised = true})},
      shortcut_{
          Convolution(
              parameters, name + ".shortcut_path.0.block.0", {.padding = 1, .normalised = true}),
          Convolution(parameters, name + ".shortcut_path.1.block.0", {.normalised = true})},
      squeeze_excite_(parameters, name + ".se") {}

at::Tensor LargeKernelConv::operator()(const at::Tensor& x) const {
  at::Tensor deep = x;
  for (const Convolution& convolution : deep_) {
    deep = conv_norm_relu(convolution, deep);
  }
  at::Tensor shortcut = x;
  for (const Convolution& convolution : shortcut_) {
    shortcut = conv_norm_relu(convolution, shortcut);
  }
  return squeeze_excite_(at::add(deep, shortcut).add_(x));
}

DepthwiseBlock::DepthwiseBlock(const ParameterList& parameters, const std::string& name)
    : depthwise_(parameters,
                 name + ".depthwise",
                 {.padding = 1,
                  .groups = parameters.at(name + ".depthwise.weight").size(0),
                  .normalised = true}) {
  if (parameters.find(name + ".pointwise.weight") != nullptr) {
    pointwise_.emplace(
        parameters, name + ".pointwise", kernels::Conv3dGeometry{.normalised = true});
  }
}

at::Tensor DepthwiseBlock::operator()(const at::Tensor& x) const {
  const at::Tensor y = depthwise_(x);
  return at::add(instance_norm_relu(pointwise_ ? (*pointwise_)(y) : y), x);
}

}  // namespace yates::model
