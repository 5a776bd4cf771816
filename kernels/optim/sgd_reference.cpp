// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_reference.hpp"

namespace yates::kernels {

template <typename T>
double square_sum_reference(std::span<const SgdTensor<T>> tensors) {
  double sum = 0;
  for (const SgdTensor<T>& tensor : tensors) {
    for (std::int64_t i = 0; i < tensor.count && tensor.gradient != nullptr; ++i) {
      const auto g = static_cast<double>(tensor.gradient[i]);
      sum += g * g;
    }
  }
  return sum;
}

template <typename T>
void sgd_reference(std::span<const SgdTensor<T>> tensors, const SgdStep& step) {
  for (const SgdTensor<T>& tensor : tensors) {
    for (std::int64_t i = 0; i < tensor.count; ++i) {
      const double gradient =
          tensor.gradient == nullptr ? 0.0 : static_cast<double>(tensor.gradient[i]);
      const auto p = static_cast<double>(tensor.parameter[i]);
      const double g = step.gradient_scale * gradient + step.weight_decay * p;
      const double v = step.momentum * static_cast<double>(tensor.velocity[i]) + g;
      tensor.velocity[i] = static_cast<T>(v);
      tensor.parameter[i] = static_cast<T>(p - step.lr * (g + step.momentum * v));
    }
  }
}

template double square_sum_reference(std::span<const SgdTensor<float>>);
template double square_sum_reference(std::span<const SgdTensor<double>>);
template void sgd_reference(std::span<const SgdTensor<float>>, const SgdStep&);
template void sgd_reference(std::span<const SgdTensor<double>>, const SgdStep&);

}  // namespace yates::kernels
