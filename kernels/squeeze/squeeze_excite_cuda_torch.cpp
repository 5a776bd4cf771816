// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_cuda_torch.hpp"

#include <ATen/ops/empty.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/device/volume_type_torch.hpp"
#include "kernels/squeeze/squeeze_excite_cuda.hpp"

namespace yates::kernels {
namespace {

at::Tensor workspace_of(const SqueezeExciteShape& shape, const at::Tensor& like) {
  return at::empty({squeeze_excite_cuda_workspace(shape)}, like.options().dtype(at::kFloat));
}

}  // namespace

void squeeze_excite_forward_device(const SqueezeExciteShape& shape, const SqueezeExciteTensors& t) {
  with_volume_type(t.y, [&]<typename V>(V) {
    squeeze_excite_forward_cuda<V>(shape,
                                   inputs_of<float, V>(t),
                                   kept_of<float, V>(t),
                                   volume_data<V>(t.y),
                                   workspace_of(shape, t.y).mutable_data_ptr<float>(),
                                   current_stream(t.y));
  });
}

void squeeze_excite_backward_device(const SqueezeExciteShape& shape,
                                    const SqueezeExciteTensors& t,
                                    const SqueezeExciteTensorGradients& g) {
  with_volume_type(t.sum, [&]<typename V>(V) {
    squeeze_excite_backward_cuda<V>(shape,
                                    inputs_of<float, V>(t),
                                    kept_of<float, V>(t),
                                    volume_data<V>(g.y),
                                    gradients_of<float, V>(g),
                                    workspace_of(shape, t.sum).mutable_data_ptr<float>(),
                                    current_stream(t.sum));
  });
}

}  // namespace yates::kernels
