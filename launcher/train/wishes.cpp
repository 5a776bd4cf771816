// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/wishes.hpp"

#include <array>
#include <cstdint>

#include "launcher/train/stop_request.hpp"

namespace yates::train {

std::string Wishes::stop_reason() const {
  return signal != 0 ? signal_name(signal) : "file HALT; remove it to go on";
}

Wishes agree_on_wishes(const RunDirectory* directory, dist::Communicator& communicator) {
  std::array<std::int64_t, 3> flags = {StopRequest::signal_number(), 0, 0};
  if (directory != nullptr) {
    flags[1] = directory->halt_asked() ? 1 : 0;
    flags[2] = directory->take_save_request() ? 1 : 0;
  }
  communicator.all_reduce_max(flags);
  return {static_cast<int>(flags[0]), flags[1] != 0, flags[2] != 0};
}

}  // namespace yates::train
