// SPDX-License-Identifier: Apache-2.0
#include "model/optim/sgd.hpp"

#include <algorithm>

#include <ATen/Dispatch.h>

#include "base/error.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::model {
namespace {

template <typename T>
struct Coefficients {
  T lr, momentum, weight_decay, gradient_scale;
};

template <typename T>
void update_range(
    T* parameter, const T* gradient, T* velocity, std::int64_t count, const Coefficients<T>& step) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T scaled = gradient == nullptr ? T(0) : step.gradient_scale * gradient[i];
    const T g = scaled + step.weight_decay * parameter[i];
    velocity[i] = step.momentum * velocity[i] + g;
    parameter[i] -= step.lr * (g + step.momentum * velocity[i]);
  }
}

}  // namespace

void sgd_update(const at::Tensor& parameter,
                const at::Tensor& gradient,
                const at::Tensor& velocity,
                const SgdStep& step) {
  YATES_ASSERT(parameter.is_contiguous() && velocity.is_contiguous() &&
                   parameter.numel() == velocity.numel(),
               "parameter and velocity are not alike");
  const at::Tensor gradients = gradient.defined() ? gradient.contiguous() : gradient;
  constexpr std::int64_t kChunk = 1 << 15;
  const std::int64_t count = parameter.numel();
  AT_DISPATCH_FLOATING_TYPES(parameter.scalar_type(), "sgd_update", [&] {
    const Coefficients<scalar_t> coefficients{static_cast<scalar_t>(step.lr),
                                              static_cast<scalar_t>(step.momentum),
                                              static_cast<scalar_t>(step.weight_decay),
                                              static_cast<scalar_t>(step.gradient_scale)};
    auto* p = parameter.mutable_data_ptr<scalar_t>();
    auto* v = velocity.mutable_data_ptr<scalar_t>();
    const auto* g = gradients.defined() ? gradients.const_data_ptr<scalar_t>() : nullptr;
    kernels::run_on_torch_threads((count + kChunk - 1) / kChunk, [&](std::int64_t chunk) {
      const std::int64_t first = chunk * kChunk;
      update_range(p + first,
                   g == nullptr ? g : g + first,
                   v + first,
                   std::min(kChunk, count - first),
                   coefficients);
    });
  });
}

}  // namespace yates::model
