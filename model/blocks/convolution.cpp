// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/convolution.hpp"

namespace yates::model {

Convolution::Convolution(const ParameterList& parameters,
                         const std::string& name,
                         const kernels::Conv3dGeometry& geometry)
    : weight_(parameters.at(name + ".weight")), geometry_(geometry) {
  if (const at::Tensor* bias = parameters.find(name + ".bias")) {
    bias_ = *bias;
  }
}

at::Tensor Convolution::operator()(const at::Tensor& x) const {
  const at::ScalarType type = x.scalar_type();
  return kernels::conv3d(x, weight_.to(type), bias_.defined() ? bias_.to(type) : bias_, geometry_);
}

}  // namespace yates::model
