// SPDX-License-Identifier: Apache-2.0
// The few calls of CUDA and NCCL that communicators use, as one table: the real libraries stand
// behind it on a GPU machine, a double on host memory in tests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace yates::dist {

enum class CallStatus { Ok, InProgress, Failed };

/// One device of one rank. Handles are opaque; a call that fails explains itself by `last_error`.
class DeviceCalls {
 public:
  using Handle = void*;

  DeviceCalls() = default;
  virtual ~DeviceCalls() = default;
  DeviceCalls(const DeviceCalls&) = delete;
  DeviceCalls& operator=(const DeviceCalls&) = delete;

  [[nodiscard]] virtual std::string last_error() const = 0;

  /// A stream of highest priority that does not wait for the default stream.
  virtual CallStatus create_stream(Handle& stream) = 0;
  virtual void destroy_stream(Handle stream) = 0;
  virtual CallStatus create_event(Handle& event) = 0;
  virtual void destroy_event(Handle event) = 0;
  virtual CallStatus record(Handle event, Handle stream) = 0;
  /// InProgress until everything before the record is done.
  virtual CallStatus query(Handle event) = 0;
  virtual CallStatus wait_for_compute(Handle stream) = 0;  ///< Later work follows the computation.

  virtual CallStatus allocate_pinned(Handle& memory, std::size_t bytes) = 0;
  virtual void free_pinned(Handle memory) = 0;
  virtual CallStatus copy_to_host(void* host,
                                  const void* device,
                                  std::size_t bytes,
                                  Handle stream) = 0;
  virtual CallStatus copy_to_device(void* device,
                                    const void* host,
                                    std::size_t bytes,
                                    Handle stream) = 0;

  /// Bytes that rank 0 gives to all ranks before `start_group`.
  virtual CallStatus unique_id(std::vector<std::byte>& id) = 0;
  /// Non-blocking: the group may be used once `async_status` is no longer InProgress.
  virtual CallStatus start_group(Handle& group,
                                 int rank,
                                 int size,
                                 std::span<const std::byte> id) = 0;
  virtual CallStatus async_status(Handle group) = 0;
  virtual CallStatus all_reduce_sum(Handle group,
                                    float* device,
                                    std::size_t count,
                                    Handle stream) = 0;
  virtual CallStatus finalize_group(Handle group) = 0;
  virtual void destroy_group(Handle group) = 0;
  /// Ends what is under way, also on a group that hangs; the group is gone afterwards.
  virtual void abort_group(Handle group) = 0;
};

}  // namespace yates::dist
