// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/mirror_tta.hpp"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/flip.h>

namespace yates::eval {

at::Tensor mirror8(const at::Tensor& volume, const Predictor& predict) {
  const std::vector<std::vector<std::int64_t>> mirrored_axes = {
      {}, {2}, {3}, {4}, {2, 3}, {2, 4}, {3, 4}, {2, 3, 4}};
  at::Tensor sum;
  for (const std::vector<std::int64_t>& axes : mirrored_axes) {
    const at::Tensor logits = at::flip(predict(at::flip(volume, axes)), axes);
    if (sum.defined()) {
      sum.add_(logits);
    } else {
      sum = logits.to(at::kFloat).clone();
    }
  }
  return sum.div_(static_cast<double>(mirrored_axes.size()));
}

}  // namespace yates::eval
