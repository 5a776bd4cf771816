// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work on several threads, their results used in order on the calling one.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace yates::io {

/// Calls `make(i)` for i = 0 .. count - 1 on `jobs` threads (at least 1) and `use(i, result)` on
/// this thread in the order of i. At most `jobs` + 1 results exist, so memory is bounded. What
/// `make` or `use` throws ends the work and is rethrown, the first in order; running pieces are
/// finished first.
template <typename Make, typename Use>
void ordered_work(std::int64_t count, std::int64_t jobs, Make make, Use use) {
  using Result = decltype(make(std::int64_t{}));
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr failure;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::int64_t, Outcome> finished;
  std::int64_t started = 0;
  std::int64_t used = 0;
  bool stop = false;
  jobs = std::max<std::int64_t>(1, jobs);

  const auto work = [&] {
    for (;;) {
      std::int64_t index = 0;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stop || started >= count || started <= used + jobs; });
        if (stop || started >= count) {
          return;
        }
        index = started++;
      }
      Outcome outcome;
      try {
        outcome.result.emplace(make(index));
      } catch (...) {
        outcome.failure = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      stop = stop || outcome.failure;  // What comes after it in order will not be used.
      finished.emplace(index, std::move(outcome));
      changed.notify_all();
    }
  };
  std::vector<std::thread> threads;
  const auto finish = [&] {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) {
      thread.join();
    }
  };
  try {
    for (std::int64_t i = 0; i < std::min(jobs, count); ++i) {
      threads.emplace_back(work);
    }
    for (std::int64_t index = 0; index < count; ++index) {
      Outcome outcome;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return finished.contains(index); });
        outcome = std::move(finished.extract(index).mapped());
      }
      if (outcome.failure) {
        std::rethrow_exception(outcome.failure);
      }
      use(index, std::move(*outcome.result));
      const std::lock_guard lock(mutex);
      used = index + 1;
      changed.notify_all();
    }
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

}  // namespace yates::io
