// SPDX-License-Identifier: Apache-2.0
// Whom a run's gradients are summed by: the ranks' own communicator, or one of device memory.
#pragma once

#include <memory>

#include "dist/communicator.hpp"
#include "dist/device/device_calls.hpp"
#include "launcher/train/trainer.hpp"

namespace yates::train {

/// On the CPU, and for a rank alone, the host communicator. On GPUs, NCCL, whose sum over two ranks
/// has the bits of the tree; with `reduction: tree` and more ranks the sums go through host memory
/// anyway, and the staged communicator needs no NCCL.
class GradientCommunicator {
 public:
  /// Collective: yes. `host` must outlive it. Throws Error{Internal} if the GPUs' network fails.
  GradientCommunicator(const TrainSetup& setup, dist::Communicator& host);

  [[nodiscard]] dist::Communicator& communicator() const { return device_ ? *device_ : host_; }

 private:
  dist::Communicator& host_;
  std::unique_ptr<dist::DeviceCalls> calls_;
  std::unique_ptr<dist::Communicator> device_;  // Uses the calls: ends before them.
};

}  // namespace yates::train
