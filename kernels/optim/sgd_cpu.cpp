// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_cpu.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/optim/sgd_simd.hpp"

namespace yates::kernels {

std::vector<SgdTensor<float>> sgd_parts(std::span<const SgdTensor<float>> tensors) {
  std::vector<SgdTensor<float>> parts;
  for (const SgdTensor<float>& tensor : tensors) {
    for (std::int64_t first = 0; first < tensor.count; first += kSgdChunk) {
      parts.push_back(
          {.parameter = tensor.parameter == nullptr ? nullptr : tensor.parameter + first,
           .gradient = tensor.gradient == nullptr ? nullptr : tensor.gradient + first,
           .velocity = tensor.velocity == nullptr ? nullptr : tensor.velocity + first,
           .count = std::min(kSgdChunk, tensor.count - first)});
    }
  }
  return parts;
}

double square_sum_cpu(std::span<const SgdTensor<float>> tensors,
                      const ParallelRunner& parallel,
                      Isa isa) {
  const std::vector<SgdTensor<float>> parts = sgd_parts(tensors);
  std::vector<double> sums(parts.size());
  const auto run = YATES_FOR_ISA(isa, square_sum_block);
  parallel(static_cast<std::int64_t>(parts.size()), [&](std::int64_t index) {
    const auto place = static_cast<std::size_t>(index);
    const SgdTensor<float>& part = parts[place];
    sums[place] = part.gradient == nullptr ? 0.0 : run(part.gradient, part.count);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void sgd_cpu(std::span<const SgdTensor<float>> tensors,
             const SgdStep& step,
             const ParallelRunner& parallel,
             Isa isa) {
  const std::vector<SgdTensor<float>> parts = sgd_parts(tensors);
  const auto run = YATES_FOR_ISA(isa, sgd_block);
  parallel(static_cast<std::int64_t>(parts.size()),
           [&](std::int64_t index) { run(parts[static_cast<std::size_t>(index)], step); });
}

}  // namespace yates::kernels
