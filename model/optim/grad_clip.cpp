// SPDX-License-Identifier: Apache-2.0
#include "model/optim/grad_clip.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <ATen/Dispatch.h>

#include "kernels/simd/parallel_torch.hpp"

namespace yates::model {
namespace {

constexpr std::int64_t kChunk = 1 << 14;
constexpr std::int64_t kLanes = 8;

/// Squares of at most kChunk elements: kLanes running sums, then the lanes in order.
template <typename T>
double chunk_square_sum(const T* values, std::int64_t count) {
  std::array<double, kLanes> lanes{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<double>(values[i + lane]);
      lanes[static_cast<std::size_t>(lane)] += value * value;
    }
  }
  for (std::int64_t lane = 0; i < count; ++i, ++lane) {
    const auto value = static_cast<double>(values[i]);
    lanes[static_cast<std::size_t>(lane)] += value * value;
  }
  double sum = 0;
  for (const double lane : lanes) {
    sum += lane;
  }
  return sum;
}

double square_sum(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const std::int64_t count = values.numel();
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
  std::vector<double> sums(static_cast<std::size_t>(chunks));
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "global_norm", [&] {
    const auto* data = values.const_data_ptr<scalar_t>();
    kernels::run_on_torch_threads(chunks, [&](std::int64_t chunk) {
      const std::int64_t first = chunk * kChunk;
      sums[static_cast<std::size_t>(chunk)] =
          chunk_square_sum(data + first, std::min(kChunk, count - first));
    });
  });
  double sum = 0;
  for (const double part : sums) {
    sum += part;
  }
  return sum;
}

}  // namespace

double global_norm(std::span<const at::Tensor> gradients) {
  double sum = 0;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) {
      sum += square_sum(gradient);
    }
  }
  return std::sqrt(sum);
}

double clip_factor(double norm, double clip_norm) {
  constexpr double kGuard = 1e-6;
  return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + kGuard)) : 1.0;
}

}  // namespace yates::model
