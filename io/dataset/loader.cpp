// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/loader.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace yates::io {

Loader::Loader(SampleOrder order, MakeSample make, std::int64_t workers, std::int64_t queue)
    : order_(std::move(order)), make_(std::move(make)), queue_(std::max<std::int64_t>(1, queue)) {
  YATES_ASSERT(workers >= 1, "{} workers", workers);
  for (std::int64_t i = 0; i < workers; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  space_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

Sample Loader::next(Sample used) {
  std::unique_lock lock(mutex_);
  if (!used.x.empty() && static_cast<std::int64_t>(spare_.size()) <= queue_) {
    spare_.push_back(std::move(used));
  }
  YATES_ASSERT(delivered_ < size(), "all {} samples are delivered", size());
  const auto is_ready = [this] { return done_.count(delivered_) != 0; };
  if (!is_ready()) {
    const Stopwatch waited;
    ready_.wait(lock, is_ready);
    wait_s_ += waited.seconds();
    ++underruns_;
  }
  const auto found = done_.find(delivered_);
  if (found->second.failure) {
    std::rethrow_exception(found->second.failure);
  }
  Sample sample = std::move(found->second.sample);
  done_.erase(found);
  ++delivered_;
  lock.unlock();
  space_.notify_all();
  return sample;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    // The sample the caller waits for is always allowed, so a full queue cannot stop progress.
    space_.wait(lock,
                [this] { return stop_ || started_ >= size() || started_ < delivered_ + queue_; });
    if (stop_ || started_ >= size()) {
      return;
    }
    const std::int64_t position = started_++;
    Sample spare;
    if (!spare_.empty()) {
      spare = std::move(spare_.back());
      spare_.pop_back();
    }
    lock.unlock();
    Slot slot = make_at(position, std::move(spare));
    lock.lock();
    done_.emplace(position, std::move(slot));
    ready_.notify_one();
  }
}

Loader::Slot Loader::make_at(std::int64_t position, Sample spare) const noexcept {
  const auto slots = static_cast<std::int64_t>(order_.slots.size());
  Slot slot;
  try {
    slot.sample = make_(order_.first_step + position / slots,
                        order_.slots[static_cast<std::size_t>(position % slots)],
                        std::move(spare));
  } catch (...) {
    slot.failure = std::current_exception();
  }
  return slot;
}

}  // namespace yates::io
