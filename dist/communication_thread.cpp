// SPDX-License-Identifier: Apache-2.0
#include "dist/communication_thread.hpp"

#include <utility>

#include "base/clock.hpp"

namespace yates::dist {

CommunicationThread::CommunicationThread() : thread_([this] { work(); }) {}

CommunicationThread::~CommunicationThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommunicationThread::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (error_) {
      return;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void CommunicationThread::wait() {
  const Stopwatch watch;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !busy_; });
  wait_seconds_ += watch.seconds();
  if (error_) {
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

void CommunicationThread::wait_and_do(const std::function<void()>& job) {
  wait();
  const Stopwatch watch;
  job();
  wait_seconds_ += watch.seconds();
}

void CommunicationThread::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return;
    }
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    std::exception_ptr error;
    try {
      job();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    if (error) {
      error_ = error;
      jobs_.clear();
    }
    changed_.notify_all();
  }
}

}  // namespace yates::dist
