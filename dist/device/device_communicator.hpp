// SPDX-License-Identifier: Apache-2.0
// Communicators of ranks that own a GPU. `all_reduce_sum` takes device memory; everything else is
// the control plane, takes host memory, and goes through the host communicator of the same ranks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dist/communicator.hpp"
#include "dist/device/device_calls.hpp"

namespace yates::dist {

struct DeviceCommunicatorOptions {
  double timeout_s = 600;                          ///< For one collective and for the start.
  std::size_t slot_bytes = std::size_t{16} << 20;  ///< Pinned memory of the staged communicator.
};

/// What both kinds share: the control plane, a stream, an event, and waiting with a deadline.
class DeviceCommunicator : public Communicator {
 protected:
  DeviceCommunicator(Communicator& host,
                     DeviceCalls& calls,
                     const DeviceCommunicatorOptions& options);
  ~DeviceCommunicator() override;

  /// Polls until `status` is not InProgress. Throws Error{Internal} naming `what` on failure and
  /// after the time-out; `give_up` is called first.
  void wait_until(const std::string& what, const std::function<CallStatus()>& status);
  /// For calls that do not go on in the background.
  void check(const std::string& what, CallStatus status);
  /// Waits for all work on the stream so far.
  void wait_for_stream(const std::string& what);
  /// Before an error is thrown.
  virtual void give_up() {}

  Communicator& host_;
  DeviceCalls& calls_;
  const DeviceCommunicatorOptions options_;
  DeviceCalls::Handle stream_ = nullptr;
  DeviceCalls::Handle event_ = nullptr;

 private:
  [[noreturn]] void fail(const std::string& what);

  void do_barrier() override { host_.barrier(); }
  void do_broadcast(std::span<std::byte> bytes, int root) override { host_.broadcast(bytes, root); }
  void do_all_reduce_max(std::span<std::int64_t> values) override { host_.all_reduce_max(values); }
  void do_send(std::span<const std::byte> bytes, int peer) override { host_.send(bytes, peer); }
  void do_receive(std::span<std::byte> bytes, int peer) override { host_.receive(bytes, peer); }
  void do_exchange(std::span<const std::byte> out, std::span<std::byte> in, int peer) override {
    host_.exchange(out, in, peer);
  }
};

/// Device memory through pinned host memory: any number of ranks per GPU, any MPI. `host` and
/// `calls` must outlive it.
std::unique_ptr<Communicator> make_staged_communicator(
    Communicator& host, DeviceCalls& calls, const DeviceCommunicatorOptions& options = {});

/// Collective: yes. NCCL: non-blocking group, warm-up sum so that a broken fabric shows now. After
/// an error or time-out the group is aborted and every later sum throws.
std::unique_ptr<Communicator> make_nccl_communicator(Communicator& host,
                                                     DeviceCalls& calls,
                                                     const DeviceCommunicatorOptions& options = {});

}  // namespace yates::dist
