// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/gradient_communicator.hpp"

#include "base/error.hpp"
#include "dist/device/device_communicator.hpp"

namespace yates::train {

GradientCommunicator::GradientCommunicator(const TrainSetup& setup, dist::Communicator& host)
    : host_(host) {
  if (host.size() == 1 || setup.compute.device.is_cpu()) {
    return;
  }
  YATES_ASSERT(setup.device_calls != nullptr, "no calls for {}", setup.compute.text());
  calls_ = setup.device_calls();
  const bool staged = setup.options.reduction == "tree" && host.size() > 2;
  device_ = staged ? dist::make_staged_communicator(host, *calls_)
                   : dist::make_nccl_communicator(host, *calls_);
}

}  // namespace yates::train
