// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace yates::dist {

/// Notes the beginning and the end of one operation.
class Communicator::Record {
 public:
  Record(Communicator& owner, const char* operation, std::size_t bytes) : owner_(owner) {
    const std::lock_guard lock(owner_.state_mutex_);
    CommunicationState& state = owner_.state_;
    state = {state.sequence + 1, operation, bytes, true, state.subject};
  }
  ~Record() {
    const std::lock_guard lock(owner_.state_mutex_);
    owner_.state_.inside = false;
    owner_.wait_seconds_ += watch_.seconds();
  }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

 private:
  Communicator& owner_;
  Stopwatch watch_;
};

void Communicator::set_subject(std::string subject) {
  const std::lock_guard lock(state_mutex_);
  state_.subject = std::move(subject);
}

CommunicationState Communicator::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

void Communicator::barrier() {
  const Record record(*this, "barrier", 0);
  do_barrier();
}

void Communicator::broadcast(std::span<std::byte> bytes, int root) {
  const Record record(*this, "broadcast", bytes.size());
  YATES_ASSERT(root >= 0 && root < size_, "root {} of {} ranks", root, size_);
  do_broadcast(bytes, root);
}

void Communicator::all_reduce_max(std::span<std::int64_t> values) {
  const Record record(*this, "all_reduce_max", values.size_bytes());
  do_all_reduce_max(values);
}

void Communicator::all_reduce_sum(std::span<float> values) {
  const Record record(*this, "all_reduce_sum", values.size_bytes());
  do_all_reduce_sum(values);
}

std::vector<std::vector<std::byte>> Communicator::gather(std::span<const std::byte> bytes,
                                                         int root) {
  const Record record(*this, "gather", bytes.size());
  YATES_ASSERT(root >= 0 && root < size_, "root {} of {} ranks", root, size_);
  std::uint64_t length = bytes.size();
  const std::span<std::byte> length_bytes = std::as_writable_bytes(std::span(&length, 1));
  if (rank_ != root) {
    do_send(length_bytes, root);
    do_send(bytes, root);
    return {};
  }
  std::vector<std::vector<std::byte>> all(static_cast<std::size_t>(size_));
  for (int peer = 0; peer < size_; ++peer) {
    std::vector<std::byte>& part = all[static_cast<std::size_t>(peer)];
    if (peer == rank_) {
      part.assign(bytes.begin(), bytes.end());
      continue;
    }
    do_receive(length_bytes, peer);
    part.resize(length);
    do_receive(part, peer);
  }
  return all;
}

std::vector<std::vector<std::byte>> Communicator::all_gather(std::span<const std::byte> bytes) {
  const Record record(*this, "all_gather", bytes.size());
  std::vector<std::vector<std::byte>> all(static_cast<std::size_t>(size_));
  for (int root = 0; root < size_; ++root) {
    std::vector<std::byte>& part = all[static_cast<std::size_t>(root)];
    std::uint64_t length = bytes.size();
    do_broadcast(std::as_writable_bytes(std::span(&length, 1)), root);
    part.resize(length);
    if (root == rank_) {
      std::copy(bytes.begin(), bytes.end(), part.begin());
    }
    do_broadcast(part, root);
  }
  return all;
}

void Communicator::send(std::span<const std::byte> bytes, int peer) {
  const Record record(*this, "send", bytes.size());
  YATES_ASSERT(peer >= 0 && peer < size_ && peer != rank_, "peer {} of {} ranks", peer, size_);
  do_send(bytes, peer);
}

void Communicator::receive(std::span<std::byte> bytes, int peer) {
  const Record record(*this, "receive", bytes.size());
  YATES_ASSERT(peer >= 0 && peer < size_ && peer != rank_, "peer {} of {} ranks", peer, size_);
  do_receive(bytes, peer);
}

void Communicator::exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer) {
  const Record record(*this, "exchange", out.size());
  YATES_ASSERT(peer >= 0 && peer < size_ && peer != rank_, "peer {} of {} ranks", peer, size_);
  YATES_ASSERT(out.size() == in.size(), "{} bytes out, {} in", out.size(), in.size());
  do_exchange(out, in, peer);
}

namespace {

class NullCommunicator final : public Communicator {
 public:
  NullCommunicator() : Communicator(0, 1) {}

 private:
  void do_barrier() override {}
  void do_broadcast(std::span<std::byte>, int) override {}
  void do_all_reduce_max(std::span<std::int64_t>) override {}
  void do_all_reduce_sum(std::span<float>) override {}
  void do_send(std::span<const std::byte>, int) override {}
  void do_receive(std::span<std::byte>, int) override {}
  void do_exchange(std::span<const std::byte>, std::span<std::byte>, int) override {}
};

}  // namespace

std::unique_ptr<Communicator> make_null_communicator() {
  return std::make_unique<NullCommunicator>();
}

}  // namespace yates::dist
