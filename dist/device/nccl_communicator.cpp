// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "dist/device/device_communicator.hpp"

namespace yates::dist {
namespace {

class NcclCommunicator final : public DeviceCommunicator {
 public:
  NcclCommunicator(Communicator& host, DeviceCalls& calls, const DeviceCommunicatorOptions& options)
      : DeviceCommunicator(host, calls, options), exceptions_(std::uncaught_exceptions()) {
    std::vector<std::byte> id;
    if (rank() == 0) {
      check("ncclGetUniqueId", calls_.unique_id(id));
    }
    id = host_.all_gather(id).front();
    accept("ncclCommInitRankConfig", calls_.start_group(group_, rank(), size(), id));
  }

  ~NcclCommunicator() override {
    if (group_ == nullptr) {
      return;
    }
    if (std::uncaught_exceptions() > exceptions_) {
      give_up();  // The other ranks may never come to the end.
      return;
    }
    try {
      accept("ncclCommFinalize", calls_.finalize_group(group_));
      calls_.destroy_group(std::exchange(group_, nullptr));
    } catch (const Error&) {  // The group was aborted; its work was done before.
    }
  }

  /// One sum now: connections are made at the first use.
  void warm_up() {
    DeviceCalls::Handle memory = nullptr;
    check("allocating pinned memory", calls_.allocate_pinned(memory, sizeof(float)));
    *static_cast<float*>(memory) = 1.0F;
    try {
      all_reduce_sum(std::span(static_cast<float*>(memory), 1));
    } catch (...) {
      calls_.free_pinned(memory);
      throw;
    }
    const float sum = *static_cast<float*>(memory);
    calls_.free_pinned(memory);
    YATES_ASSERT(sum == static_cast<float>(size()), "warm-up sum {} on {} ranks", sum, size());
    host_.barrier();
  }

 private:
  void do_all_reduce_sum(std::span<float> values) override {
    YATES_ASSERT(group_ != nullptr, "the NCCL group of rank {} was aborted", rank());
    if (values.empty()) {
      return;
    }
    check("ordering after the computation", calls_.wait_for_compute(stream_));
    accept("ncclAllReduce", calls_.all_reduce_sum(group_, values.data(), values.size(), stream_));
    check("ncclAllReduce", calls_.record(event_, stream_));
    wait_until("ncclAllReduce", [this] {
      // An error of another rank or of the network shows only here: the event never comes.
      const CallStatus status = calls_.async_status(group_);
      return status == CallStatus::Ok ? calls_.query(event_) : status;
    });
  }

  /// A call of a non-blocking group has been made only when the group is no longer in progress.
  void accept(const std::string& what, CallStatus status) {
    check(what, status == CallStatus::Failed ? status : CallStatus::Ok);
    wait_until(what, [this] { return calls_.async_status(group_); });
  }

  void give_up() override {
    if (group_ != nullptr) {
      calls_.abort_group(std::exchange(group_, nullptr));
    }
  }

  DeviceCalls::Handle group_ = nullptr;
  int exceptions_;
};

}  // namespace

std::unique_ptr<Communicator> make_nccl_communicator(Communicator& host,
                                                     DeviceCalls& calls,
                                                     const DeviceCommunicatorOptions& options) {
  auto communicator = std::make_unique<NcclCommunicator>(host, calls, options);
  communicator->warm_up();
  return communicator;
}

}  // namespace yates::dist
