// SPDX-License-Identifier: Apache-2.0
// One thread that does a rank's collectives in the order they were submitted, while the rank
// computes: MPI makes no progress by itself, a blocking call on a thread of its own does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace yates::dist {

/// Between the first `submit` and the next return of `wait`, the submitter must not communicate
/// itself. The order of submission must be the same on all ranks.
class CommunicationThread {
 public:
  CommunicationThread();
  /// Does what was submitted first: a partner that has come as far needs it.
  ~CommunicationThread();
  CommunicationThread(const CommunicationThread&) = delete;
  CommunicationThread& operator=(const CommunicationThread&) = delete;

  /// Collective: no. After a job that threw, later ones are dropped until `wait`.
  void submit(std::function<void()> job);
  /// Collective: no. Returns when all jobs are done. Rethrows the first exception of a job.
  void wait();
  /// Collective: no. Waits, then does `job` on the calling thread: for the last job of a caller
  /// with nothing left to compute, whom handing over would only cost two changes of thread. Throws
  /// as `wait`, then what `job` throws.
  void wait_and_do(const std::function<void()>& job);
  /// Seconds spent in `wait` and `wait_and_do` so far: communication that no computation hid.
  [[nodiscard]] double wait_seconds() const { return wait_seconds_; }

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool busy_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  double wait_seconds_ = 0;
  std::thread thread_;
};

}  // namespace yates::dist
