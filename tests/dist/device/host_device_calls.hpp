// SPDX-License-Identifier: Apache-2.0
// A double of CUDA and NCCL on host memory. Work on its stream is done late, only when an event is
// asked for often enough: who does not wait reads old values. Trouble is injected by name of call.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dist/communicator.hpp"
#include "dist/device/device_calls.hpp"

namespace yates::dist {

class HostDeviceCalls final : public DeviceCalls {
 public:
  /// `fabric`: what the double of NCCL sums with.
  explicit HostDeviceCalls(Communicator& fabric) : fabric_(fabric) {}

  int polls = 3;                  ///< Queries and status calls that answer InProgress.
  std::string failing;            ///< This call fails.
  std::string async_error_after;  ///< After this call, the group's status is Failed.
  std::string hanging_after;      ///< After this call, nothing ends any more.
  std::vector<std::string> log;   ///< Calls that change something, in order.

  [[nodiscard]] std::string last_error() const override { return "injected"; }

  CallStatus create_stream(Handle& stream) override { return make("create_stream", stream); }
  void destroy_stream(Handle) override { note("destroy_stream"); }
  CallStatus create_event(Handle& event) override { return make("create_event", event); }
  void destroy_event(Handle) override { note("destroy_event"); }
  CallStatus record(Handle, Handle) override {
    recorded_ = queue_.size();
    event_polls_ = polls;
    return note("record");
  }
  CallStatus query(Handle) override {
    if (hangs_ || event_polls_-- > 0) {
      return CallStatus::InProgress;
    }
    for (; recorded_ > 0; --recorded_) {
      queue_.front()();
      queue_.erase(queue_.begin());
    }
    return failing == "query" ? CallStatus::Failed : CallStatus::Ok;
  }
  CallStatus wait_for_compute(Handle) override { return note("wait_for_compute"); }

  CallStatus allocate_pinned(Handle& memory, std::size_t bytes) override {
    if (const CallStatus status = note("allocate_pinned"); status != CallStatus::Ok) {
      return status;
    }
    memory = new std::byte[bytes];
    ++pinned;
    return CallStatus::Ok;
  }
  void free_pinned(Handle memory) override {
    delete[] static_cast<std::byte*>(memory);
    --pinned;
  }
  CallStatus copy_to_host(void* host, const void* device, std::size_t bytes, Handle) override {
    return later("copy_to_host", [=] { std::memcpy(host, device, bytes); });
  }
  CallStatus copy_to_device(void* device, const void* host, std::size_t bytes, Handle) override {
    return later("copy_to_device", [=] { std::memcpy(device, host, bytes); });
  }

  CallStatus unique_id(std::vector<std::byte>& id) override {
    id.assign(128, std::byte{7});
    return note("unique_id");
  }
  CallStatus start_group(Handle& group, int, int, std::span<const std::byte> id) override {
    group = this;
    id_bytes = id.size();
    group_polls_ = polls;
    const CallStatus status = note("start_group");
    return status == CallStatus::Ok ? CallStatus::InProgress : status;
  }
  CallStatus async_status(Handle) override {
    if (failed_) {
      return CallStatus::Failed;
    }
    return hangs_ || group_polls_-- > 0 ? CallStatus::InProgress : CallStatus::Ok;
  }
  CallStatus all_reduce_sum(Handle, float* device, std::size_t count, Handle) override {
    if (group_polls_ > 0) {
      note("misuse: group still in progress");
    }
    group_polls_ = polls;
    return later("all_reduce_sum", [=, this] { fabric_.all_reduce_sum({device, count}); });
  }
  CallStatus finalize_group(Handle) override {
    group_polls_ = polls;
    return note("finalize_group");
  }
  void destroy_group(Handle) override { note("destroy_group"); }
  void abort_group(Handle) override { note("abort_group"); }

  int pinned = 0;
  std::size_t id_bytes = 0;

 private:
  CallStatus note(const std::string& call) {
    log.push_back(call);
    failed_ = failed_ || call == async_error_after;
    hangs_ = hangs_ || call == hanging_after;
    return call == failing ? CallStatus::Failed : CallStatus::Ok;
  }
  CallStatus make(const std::string& call, Handle& handle) {
    handle = this;
    return note(call);
  }
  CallStatus later(const std::string& call, std::function<void()> work) {
    queue_.push_back(std::move(work));
    return note(call);
  }

  Communicator& fabric_;
  std::vector<std::function<void()>> queue_;
  std::size_t recorded_ = 0;
  int event_polls_ = 0;
  int group_polls_ = 0;
  bool failed_ = false;
  bool hangs_ = false;
};

}  // namespace yates::dist
