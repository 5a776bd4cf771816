// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_cuda_torch.hpp"

#include <ATen/ops/empty.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/device/volume_type_torch.hpp"
#include "kernels/norm/instance_norm_cuda.hpp"

namespace yates::kernels {
namespace {

at::Tensor workspace_of(const InstanceNormShape& shape, const at::Tensor& like) {
  return at::empty({instance_norm_cuda_workspace(shape)}, like.options().dtype(at::kFloat));
}

}  // namespace

void instance_norm_forward_device(const InstanceNormShape& shape, const InstanceNormTensors& t) {
  with_volume_type(t.x, [&]<typename V>(V) {
    instance_norm_forward_cuda<V>(shape,
                                  {volume_data<V>(t.x), volume_data<V>(t.residual)},
                                  volume_data<V>(t.y),
                                  pointers_of(t.moments),
                                  pointers_of(t.residual_moments),
                                  workspace_of(shape, t.x).mutable_data_ptr<float>(),
                                  current_stream(t.x));
  });
}

void instance_norm_backward_device(const InstanceNormShape& shape,
                                   const InstanceNormTensors& t,
                                   const InstanceNormTensorGradients& g) {
  with_volume_type(t.x, [&]<typename V>(V) {
    instance_norm_backward_cuda<V>(shape,
                                   {.inputs = {volume_data<V>(t.x), volume_data<V>(t.residual)},
                                    .y = volume_data<V>(t.y),
                                    .moments = pointers_of(t.moments),
                                    .residual_moments = pointers_of(t.residual_moments)},
                                   volume_data<V>(g.y),
                                   {volume_data<V>(g.x), volume_data<V>(g.residual)},
                                   workspace_of(shape, t.x).mutable_data_ptr<float>(),
                                   current_stream(t.x));
  });
}

}  // namespace yates::kernels
