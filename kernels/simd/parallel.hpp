// SPDX-License-Identifier: Apache-2.0
// How the fast cores use several threads without knowing whose: the caller hands them a runner.
#pragma once

#include <cstdint>
#include <functional>

namespace yates::kernels {

/// Calls task(0) .. task(count - 1), in any order, on any threads, and returns when all are done.
/// No core's result depends on which runner it is given.
using ParallelRunner =
    std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& task)>;

/// Runs the tasks one after the other in the calling thread.
inline void run_serially(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  for (std::int64_t i = 0; i < count; ++i) {
    task(i);
  }
}

}  // namespace yates::kernels
