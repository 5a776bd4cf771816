// SPDX-License-Identifier: Apache-2.0
#include "model/loss/cross_entropy.hpp"

#include "kernels/loss/voxel_cross_entropy_torch.hpp"

namespace yates::model {

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels) {
  return kernels::voxel_cross_entropy(logits, labels);
}

}  // namespace yates::model
