// SPDX-License-Identifier: Apache-2.0
// What the ranks of a run say to each other. One interface; null (one rank), local (threads of one
// process, for tests) and MPI behind it. Host memory only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace yates::dist {

/// The newest communication of a rank, for whoever asks why it stands still.
struct CommunicationState {
  std::uint64_t sequence = 0;  ///< Operations begun so far; equal on all ranks when in step.
  std::string operation = "none";
  std::size_t bytes = 0;
  bool inside = false;       ///< The operation has not returned.
  std::string subject = {};  ///< What it is for, e.g. "gradient bucket 3 of 12"; may be empty.
};

/// A fixed group of ranks, 0 to size - 1. Operations are blocking; every rank calls the collective
/// ones in the same order with the same sizes. One thread of a rank communicates at a time. A
/// failed operation throws Error{Internal}.
class Communicator {
 public:
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }

  /// Collective: yes. Returns when every rank has called it.
  void barrier();
  /// Collective: yes. Every rank ends with the bytes of `root`.
  void broadcast(std::span<std::byte> bytes, int root = 0);
  /// Collective: yes. Element-wise maximum over the ranks, in place.
  void all_reduce_max(std::span<std::int64_t> values);
  /// Collective: yes. Element-wise fp32 sum over the ranks, in place. The order of summation is the
  /// backend's: the same on every rank, another for another number of ranks. See TreeReduction.
  void all_reduce_sum(std::span<float> values);
  /// Collective: yes. Every rank's bytes, by rank; lengths may differ.
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> bytes);
  /// Collective: yes. The same on `root`; the other ranks get an empty list.
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> bytes, int root = 0);

  /// Collective: no. `peer` calls receive with the same size.
  void send(std::span<const std::byte> bytes, int peer);
  void receive(std::span<std::byte> bytes, int peer);
  /// Collective: no. Both ranks call it; each sends and receives, without deadlock.
  void exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer);

  /// What the following operations are for, in words; for reports of hangs.
  void set_subject(std::string subject);
  /// Seconds spent inside all operations so far.
  [[nodiscard]] double wait_seconds() const { return wait_seconds_; }
  /// Safe from any thread.
  [[nodiscard]] CommunicationState state() const;

 protected:
  Communicator(int rank, int size) : rank_(rank), size_(size) {}

 private:
  class Record;

  virtual void do_barrier() = 0;
  virtual void do_broadcast(std::span<std::byte> bytes, int root) = 0;
  virtual void do_all_reduce_max(std::span<std::int64_t> values) = 0;
  virtual void do_all_reduce_sum(std::span<float> values) = 0;
  virtual void do_send(std::span<const std::byte> bytes, int peer) = 0;
  virtual void do_receive(std::span<std::byte> bytes, int peer) = 0;
  virtual void do_exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer) = 0;

  const int rank_;
  const int size_;
  double wait_seconds_ = 0;
  mutable std::mutex state_mutex_;
  CommunicationState state_;
};

/// A group of one rank. Collectives do nothing; there is no peer to send to.
std::unique_ptr<Communicator> make_null_communicator();

}  // namespace yates::dist
