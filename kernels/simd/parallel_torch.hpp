// SPDX-License-Identifier: Apache-2.0
// LibTorch's threads as a runner of the fast cores. For the *_torch.cpp files of kernels/ only.
#pragma once

#include <cstdint>
#include <functional>

#include <ATen/Parallel.h>

namespace yates::kernels {

/// Runs the tasks on at::get_num_threads() threads.
inline void run_on_torch_threads(std::int64_t count,
                                 const std::function<void(std::int64_t)>& task) {
  at::parallel_for(0, count, 1, [&task](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      task(i);
    }
  });
}

}  // namespace yates::kernels
