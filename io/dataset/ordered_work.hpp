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

/// The threads of `ordered_work` and what they made. The destructor waits for pieces that run.
template <typename Make>
class OrderedPieces {
 public:
  using Result = decltype(std::declval<Make&>()(std::int64_t{}));

  OrderedPieces(std::int64_t count, std::int64_t jobs, Make make)
      : count_(count), jobs_(std::max<std::int64_t>(1, jobs)), make_(std::move(make)) {}
  OrderedPieces(const OrderedPieces&) = delete;
  OrderedPieces& operator=(const OrderedPieces&) = delete;

  ~OrderedPieces() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void start() {
    for (std::int64_t i = 0; i < std::min(jobs_, count_); ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }

  /// Waits for piece `index`; throws what `make` threw for it.
  Result take(std::int64_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finished_.contains(index); });
    Outcome outcome = std::move(finished_.extract(index).mapped());
    if (outcome.failure) {
      std::rethrow_exception(outcome.failure);
    }
    return std::move(*outcome.result);
  }

  /// Lets the threads begin pieces up to `index` + 1 + jobs.
  void used(std::int64_t index) {
    const std::lock_guard lock(mutex_);
    used_ = index + 1;
    changed_.notify_all();
  }

 private:
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr failure;
  };

  /// The next piece that this thread shall make; empty when there is none.
  std::optional<std::int64_t> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || started_ >= count_ || started_ <= used_ + jobs_; });
    if (stop_ || started_ >= count_) {
      return std::nullopt;
    }
    return started_++;
  }

  void work() {
    while (const auto index = next()) {
      Outcome outcome;
      try {
        outcome.result.emplace(make_(*index));
      } catch (...) {
        outcome.failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      stop_ = stop_ || outcome.failure;  // What comes after it in order will not be used.
      finished_.emplace(*index, std::move(outcome));
      changed_.notify_all();
    }
  }

  const std::int64_t count_;
  const std::int64_t jobs_;
  Make make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Outcome> finished_;
  std::int64_t started_ = 0;
  std::int64_t used_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

/// Calls `make(i)` for i = 0 .. count - 1 on `jobs` threads (at least 1) and `use(i, result)` on
/// this thread in the order of i. At most `jobs` + 1 results exist, so memory is bounded. What
/// `make` or `use` throws ends the work and is rethrown, the first in order; running pieces are
/// finished first.
template <typename Make, typename Use>
void ordered_work(std::int64_t count, std::int64_t jobs, Make make, Use use) {
  OrderedPieces<Make> pieces(count, jobs, std::move(make));
  pieces.start();
  for (std::int64_t index = 0; index < count; ++index) {
    use(index, pieces.take(index));
    pieces.used(index);
  }
}

}  // namespace yates::io
