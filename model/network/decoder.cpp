// SPDX-License-Identifier: Apache-2.0
#include "model/network/decoder.hpp"

#include <ATen/ops/cat.h>

namespace yates::model {

UpBlock::UpBlock(const ParameterList& parameters, const std::string& name)
    : up_(parameters, name + ".transp_conv.conv", {.stride = 2, .transposed = true}),
      block_(parameters, name + ".conv_block") {}

at::Tensor UpBlock::operator()(const at::Tensor& x, const at::Tensor& skip) const {
  return block_(at::cat({up_(x), skip}, 1));
}

}  // namespace yates::model
