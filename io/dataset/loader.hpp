// SPDX-License-Identifier: Apache-2.0
// Prepares training samples ahead on several threads and hands them out in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "io/dataset/sample.hpp"

namespace yates::io {

/// The samples one rank needs, in order: for each step from `first_step` to `end_step` (excluded)
/// its `slots` of the global batch.
struct SampleOrder {
  std::int64_t first_step = 0;
  std::int64_t end_step = 0;
  std::vector<std::int64_t> slots;

  [[nodiscard]] std::int64_t size() const {
    return (end_step - first_step) * static_cast<std::int64_t>(slots.size());
  }
};

/// Makes the sample of (step, slot), in the memory of `spare` where that suits. Called from several
/// threads at once; must be a pure function of step and slot.
using MakeSample = std::function<Sample(std::int64_t step, std::int64_t slot, Sample spare)>;

/// Samples in the given order, at most `queue` made ahead of the caller, those being made included,
/// so memory is bounded by `queue` + 1 samples of 17 bytes a voxel (36 MB at 128^3), the last one
/// with the caller, and what their making needs besides: the augmentation of one 128^3 patch takes
/// up to 70 MB per worker. What is delivered never depends on the number of workers.
class Loader {
 public:
  /// Starts `workers` threads (at least 1). `queue` < 1 counts as 1.
  Loader(SampleOrder order, MakeSample make, std::int64_t workers, std::int64_t queue);
  /// Stops the threads after the sample each is making; undelivered samples are dropped.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next sample of the order; waits until it is ready. A sample that is no longer needed,
  /// handed back as `used`, lends its memory to a later one. Rethrows what the making of this very
  /// sample threw, after all samples before it were delivered. Precondition: fewer than `size()`
  /// calls so far. One caller at a time.
  Sample next(Sample used = {});

  [[nodiscard]] std::int64_t size() const { return order_.size(); }
  /// Seconds `next()` has waited so far.
  [[nodiscard]] double wait_seconds() const { return wait_s_; }
  /// Calls of `next()` that found their sample not ready.
  [[nodiscard]] std::int64_t underruns() const { return underruns_; }

 private:
  struct Slot {
    Sample sample;
    std::exception_ptr failure;
  };
  void work();
  Slot make_at(std::int64_t position, Sample spare) const noexcept;

  SampleOrder order_;
  MakeSample make_;
  std::int64_t queue_;
  std::mutex mutex_;
  std::condition_variable ready_;  ///< A sample was put into `done_`.
  std::condition_variable space_;  ///< `delivered_` grew, or `stop_`.
  std::map<std::int64_t, Slot> done_;
  std::vector<Sample> spare_;  ///< Handed back; at most `queue_` + 1.
  std::int64_t started_ = 0;
  std::int64_t delivered_ = 0;
  bool stop_ = false;
  double wait_s_ = 0;
  std::int64_t underruns_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace yates::io
