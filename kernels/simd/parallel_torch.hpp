// SPDX-License-Identifier: Apache-2.0
// LibTorch's threads as a runner of the fast cores. at::parallel_for is called nowhere else: in a
// file compiled without OpenMP it is a plain loop, without a word.
#pragma once

#include <cstdint>
#include <functional>

namespace yates::kernels {

/// Runs the tasks on at::get_num_threads() threads; an exception of a task is rethrown.
void run_on_torch_threads(std::int64_t count, const std::function<void(std::int64_t)>& task);

/// The same, a range of neighbours for each thread.
void run_ranges_on_torch_threads(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& task);

}  // namespace yates::kernels
