// SPDX-License-Identifier: Apache-2.0
#include "model/loss/cross_entropy.hpp"

#include <ATen/ops/cross_entropy_loss.h>

namespace yates::model {

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels) {
  return at::cross_entropy_loss(logits, labels);
}

}  // namespace yates::model
