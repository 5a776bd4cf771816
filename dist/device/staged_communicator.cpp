// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dist/device/device_communicator.hpp"

namespace yates::dist {
namespace {

class StagedCommunicator final : public DeviceCommunicator {
 public:
  StagedCommunicator(Communicator& host,
                     DeviceCalls& calls,
                     const DeviceCommunicatorOptions& options)
      : DeviceCommunicator(host, calls, options) {
    check("allocating pinned memory", calls_.allocate_pinned(slot_, options_.slot_bytes));
  }
  ~StagedCommunicator() override { calls_.free_pinned(slot_); }

 private:
  void do_all_reduce_sum(std::span<float> values) override {
    check("ordering after the computation", calls_.wait_for_compute(stream_));
    const std::size_t piece = std::max<std::size_t>(options_.slot_bytes / sizeof(float), 1);
    for (std::size_t begin = 0; begin < values.size(); begin += piece) {
      sum(values.subspan(begin, std::min(piece, values.size() - begin)));
    }
  }

  void sum(std::span<float> piece) {
    auto* host = static_cast<float*>(slot_);
    check("copying to the host",
          calls_.copy_to_host(host, piece.data(), piece.size_bytes(), stream_));
    wait_for_stream("copying to the host");
    host_.all_reduce_sum(std::span(host, piece.size()));
    check("copying to the device",
          calls_.copy_to_device(piece.data(), host, piece.size_bytes(), stream_));
    // The slot is used again at once.
    wait_for_stream("copying to the device");
  }

  DeviceCalls::Handle slot_ = nullptr;
};

}  // namespace

std::unique_ptr<Communicator> make_staged_communicator(Communicator& host,
                                                       DeviceCalls& calls,
                                                       const DeviceCommunicatorOptions& options) {
  return std::make_unique<StagedCommunicator>(host, calls, options);
}

}  // namespace yates::dist
