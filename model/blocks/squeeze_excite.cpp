// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/squeeze_excite.hpp"

#include "kernels/squeeze/squeeze_excite_torch.hpp"

namespace yates::model {

SqueezeExcite::SqueezeExcite(const ParameterList& parameters, const std::string& name)
    : weight1_(parameters.at(name + ".fc.0.weight")),
      bias1_(parameters.at(name + ".fc.0.bias")),
      weight2_(parameters.at(name + ".fc.2.weight")),
      bias2_(parameters.at(name + ".fc.2.bias")) {}

at::Tensor SqueezeExcite::operator()(const at::Tensor& x) const {
  return kernels::squeeze_excite(
      {x}, {.weight1 = weight1_, .bias1 = bias1_, .weight2 = weight2_, .bias2 = bias2_});
}

}  // namespace yates::model
