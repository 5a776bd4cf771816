// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/mamba.hpp"

#include <ATen/ops/exp.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/neg.h>

#include "kernels/scan/ordered_mixer_torch.hpp"

namespace yates::model {

Mamba::Mamba(const ParameterList& parameters, const std::string& name)
    : A_log_(parameters.at(name + ".A_log")),
      D_(parameters.at(name + ".D")),
      in_proj_(parameters.at(name + ".in_proj.weight")),
      conv_weight_(parameters.at(name + ".conv1d.weight")),
      conv_bias_(parameters.at(name + ".conv1d.bias")),
      x_proj_(parameters.at(name + ".x_proj.weight")),
      dt_weight_(parameters.at(name + ".dt_proj.weight")),
      dt_bias_(parameters.at(name + ".dt_proj.bias")),
      out_proj_(parameters.at(name + ".out_proj.weight")) {}

at::Tensor Mamba::operator()(const at::Tensor& rows,
                             const at::Tensor& orders,
                             at::ScalarType products) const {
  const auto product = [&](const at::Tensor& x, const at::Tensor& weight) {
    return at::linear(x.to(products), weight.to(products)).to(rows.scalar_type());
  };
  const kernels::MixerWeights weights{.conv_weight = conv_weight_,
                                      .conv_bias = conv_bias_,
                                      .x_proj = x_proj_,
                                      .dt_weight = dt_weight_,
                                      .dt_bias = dt_bias_,
                                      .A = at::neg(at::exp(A_log_)),
                                      .D = D_};
  return product(kernels::ordered_mixer(product(rows, in_proj_), weights, orders), out_proj_);
}

}  // namespace yates::model
