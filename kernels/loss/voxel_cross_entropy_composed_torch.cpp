// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_composed_torch.hpp"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/where.h>

namespace yates::kernels {

at::Tensor voxel_cross_entropy_composed(const at::Tensor& logits, const at::Tensor& labels) {
  std::vector<std::int64_t> label_axis(static_cast<std::size_t>(logits.dim()), 1);
  label_axis[1] = logits.size(1);
  const at::Tensor all = at::arange(logits.size(1), labels.options()).view(label_axis);
  const at::Tensor hit = labels.unsqueeze(1) == all;
  const at::Tensor picked = at::where(hit, at::log_softmax(logits, 1), 0.0);
  return picked.sum() / -static_cast<double>(labels.numel());
}

}  // namespace yates::kernels
