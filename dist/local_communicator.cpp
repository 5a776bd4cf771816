// SPDX-License-Identifier: Apache-2.0
#include "dist/local_communicator.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <thread>
#include <utility>

#include "base/error.hpp"

namespace yates::dist {
namespace {

/// What the threads of a group share: a barrier, one slot per rank, one mailbox per pair.
class LocalGroup {
 public:
  explicit LocalGroup(int size) : size_(size), slots_(static_cast<std::size_t>(size)) {}

  /// Makes `bytes` visible to all, lets everyone call `read(rank, bytes)` for every rank, and
  /// returns when all have done so.
  template <typename Read>
  void share(int rank, std::span<std::byte> bytes, const Read& read) {
    slots_[static_cast<std::size_t>(rank)] = bytes;
    wait_for_all();
    for (int other = 0; other < size_; ++other) {
      read(other, slots_[static_cast<std::size_t>(other)]);
    }
    wait_for_all();
  }

  void wait_for_all() {
    std::unique_lock lock(mutex_);
    const std::uint64_t generation = generation_;
    if (++arrived_ == size_) {
      arrived_ = 0;
      ++generation_;
      changed_.notify_all();
      return;
    }
    wait(lock, [&] { return generation_ != generation; });
  }

  void post(int from, int to, std::span<const std::byte> bytes) {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return !mailboxes_.contains({from, to}); });
    mailboxes_[{from, to}] = bytes;
    changed_.notify_all();
  }

  void take(int from, int to, std::span<std::byte> target) {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return mailboxes_.contains({from, to}); });
    const std::span<const std::byte> bytes = mailboxes_[{from, to}];
    YATES_ASSERT(
        bytes.size() == target.size(), "{} sent, {} expected", bytes.size(), target.size());
    std::copy(bytes.begin(), bytes.end(), target.begin());
    mailboxes_.erase({from, to});
    changed_.notify_all();
  }

  void wait_until_taken(int from, int to) {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return !mailboxes_.contains({from, to}); });
  }

  /// Keeps the first failure and wakes everyone.
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = error_ ? error_ : std::move(error);
    changed_.notify_all();
  }

  void rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  template <typename Ready>
  void wait(std::unique_lock<std::mutex>& lock, const Ready& ready) {
    changed_.wait(lock, [&] { return error_ || ready(); });
    if (error_) {
      throw Error(ExitCode::Internal,
                  Problem{.what = "another rank failed", .where = "", .allowed = "", .fix = ""});
    }
  }

  const int size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  std::uint64_t generation_ = 0;
  std::vector<std::span<std::byte>> slots_;
  std::map<std::pair<int, int>, std::span<const std::byte>> mailboxes_;
  std::exception_ptr error_;
};

class LocalCommunicator final : public Communicator {
 public:
  LocalCommunicator(LocalGroup& group, int rank, int size)
      : Communicator(rank, size), group_(group) {}

 private:
  void do_barrier() override { group_.wait_for_all(); }

  void do_broadcast(std::span<std::byte> bytes, int root) override {
    group_.share(rank(), bytes, [&](int other, std::span<std::byte> source) {
      if (other == root && other != rank()) {
        YATES_ASSERT(source.size() == bytes.size(), "{} sent, {}", source.size(), bytes.size());
        std::copy(source.begin(), source.end(), bytes.begin());
      }
    });
  }

  void do_all_reduce_max(std::span<std::int64_t> values) override {
    reduce(values, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
  }

  void do_all_reduce_sum(std::span<float> values) override {
    reduce(values, [](float a, float b) { return a + b; });
  }

  void do_send(std::span<const std::byte> bytes, int peer) override {
    group_.post(rank(), peer, bytes);
    group_.wait_until_taken(rank(), peer);
  }

  void do_receive(std::span<std::byte> bytes, int peer) override {
    group_.take(peer, rank(), bytes);
  }

  void do_exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer) override {
    group_.post(rank(), peer, out);
    group_.take(peer, rank(), in);
    group_.wait_until_taken(rank(), peer);
  }

  /// Folds the ranks' values in rank order.
  template <typename T, typename Combine>
  void reduce(std::span<T> values, const Combine& combine) {
    std::vector<T> result;
    group_.share(rank(), std::as_writable_bytes(values), [&](int, std::span<std::byte> bytes) {
      YATES_ASSERT(bytes.size() == values.size_bytes(), "{} bytes given", bytes.size());
      const std::span<const T> theirs(reinterpret_cast<const T*>(bytes.data()), values.size());
      if (result.empty()) {
        result.assign(theirs.begin(), theirs.end());
        return;
      }
      std::transform(result.begin(), result.end(), theirs.begin(), result.begin(), combine);
    });
    std::copy(result.begin(), result.end(), values.begin());
  }

  LocalGroup& group_;
};

}  // namespace

void run_local_ranks(int size, const std::function<void(Communicator&)>& work) {
  LocalGroup group(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&group, &work, rank, size] {
      try {
        LocalCommunicator communicator(group, rank, size);
        work(communicator);
      } catch (...) {
        group.fail(std::current_exception());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  group.rethrow();
}

}  // namespace yates::dist
