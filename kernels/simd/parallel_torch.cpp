// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/parallel_torch.hpp"

#include <ATen/Parallel.h>

namespace yates::kernels {

void run_on_torch_threads(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  run_ranges_on_torch_threads(count, [&task](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      task(i);
    }
  });
}

void run_ranges_on_torch_threads(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& task) {
  at::parallel_for(0, count, 1, task);
}

}  // namespace yates::kernels
