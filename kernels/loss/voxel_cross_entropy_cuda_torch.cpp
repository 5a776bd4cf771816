// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_cuda_torch.hpp"

#include <ATen/ops/empty.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/loss/voxel_cross_entropy_cuda.hpp"
#include "kernels/loss/voxel_cross_entropy_torch.hpp"

namespace yates::kernels {

at::Tensor voxel_cross_entropy_device(const at::Tensor& logits,
                                      const at::Tensor& labels,
                                      const at::Tensor& gradient) {
  const CrossEntropyShape shape = cross_entropy_shape(logits, labels);
  at::Tensor loss = at::empty({}, logits.options());
  const at::Tensor workspace =
      at::empty({voxel_cross_entropy_cuda_workspace(shape)}, logits.options());
  voxel_cross_entropy_cuda(
      shape,
      {.logits = logits.const_data_ptr<float>(), .labels = labels.const_data_ptr<std::int64_t>()},
      loss.mutable_data_ptr<float>(),
      gradient.defined() ? gradient.mutable_data_ptr<float>() : nullptr,
      workspace.mutable_data_ptr<float>(),
      current_stream(logits));
  return loss;
}

}  // namespace yates::kernels
