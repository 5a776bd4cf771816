// SPDX-License-Identifier: Apache-2.0
// A runner under which a core that depends on the order or the thread of its tasks shows it.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace yates::testing {

/// Every task in a thread of its own, last task first.
inline void run_scattered(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  std::vector<std::thread> threads;
  for (std::int64_t i = count; i-- > 0;) {
    threads.emplace_back(task, i);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace yates::testing
