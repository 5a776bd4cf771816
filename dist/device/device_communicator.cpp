// SPDX-License-Identifier: Apache-2.0
#include "dist/device/device_communicator.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace yates::dist {
namespace {

constexpr auto kPollInterval = std::chrono::microseconds(20);

[[noreturn]] void throw_failure(const std::string& what, int rank) {
  throw Error(ExitCode::Internal,
              Problem{.what = fmt::format("rank {}: {}", rank, what),
                      .where = "",
                      .allowed = "",
                      .fix = "look for the first failing rank above; start again from the last "
                             "checkpoint"});
}

}  // namespace

DeviceCommunicator::DeviceCommunicator(Communicator& host,
                                       DeviceCalls& calls,
                                       const DeviceCommunicatorOptions& options)
    : Communicator(host.rank(), host.size()), host_(host), calls_(calls), options_(options) {
  check("creating a stream", calls_.create_stream(stream_));
  if (calls_.create_event(event_) != CallStatus::Ok) {
    const std::string reason = calls_.last_error();
    calls_.destroy_stream(stream_);
    throw_failure("creating an event failed: " + reason, rank());
  }
}

DeviceCommunicator::~DeviceCommunicator() {
  calls_.destroy_event(event_);
  calls_.destroy_stream(stream_);
}

void DeviceCommunicator::fail(const std::string& what) {
  give_up();
  throw_failure(what, rank());
}

void DeviceCommunicator::check(const std::string& what, CallStatus status) {
  if (status != CallStatus::Ok) {
    fail(fmt::format("{} failed: {}", what, calls_.last_error()));
  }
}

void DeviceCommunicator::wait_until(const std::string& what,
                                    const std::function<CallStatus()>& status) {
  const Stopwatch watch;
  for (CallStatus now = status(); now != CallStatus::Ok; now = status()) {
    check(what, now == CallStatus::Failed ? now : CallStatus::Ok);
    if (watch.seconds() > options_.timeout_s) {
      fail(fmt::format("{} did not end within {:g} s", what, options_.timeout_s));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

void DeviceCommunicator::wait_for_stream(const std::string& what) {
  check(what, calls_.record(event_, stream_));
  wait_until(what, [this] { return calls_.query(event_); });
}

}  // namespace yates::dist
