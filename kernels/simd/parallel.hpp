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

/// Calls task(begin, end) on ranges that cut [0, count) into pieces, one for each thread it has.
/// For work that is better done together by neighbours; no core's result depends on the pieces.
using RangeRunner = std::function<void(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& task)>;

/// The whole range in the calling thread.
inline void run_range_serially(
    std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& task) {
  if (count > 0) {
    task(0, count);
  }
}

}  // namespace yates::kernels
