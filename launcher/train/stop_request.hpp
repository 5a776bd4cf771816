// SPDX-License-Identifier: Apache-2.0
// Signals that ask a run to stop: noted at once, obeyed at the next step boundary, because a
// checkpoint cannot be made inside a handler and all ranks must agree.
#pragma once

#include <string>

namespace yates::train {

/// While it lives, SIGTERM, SIGUSR1, SIGUSR2 and SIGINT are noted instead of ending the process (a
/// second SIGINT does), and SIGXFSZ becomes an error of write(). One at a time.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// Number of the first signal noted, or 0.
  [[nodiscard]] static int signal_number();
};

/// "SIGUSR1" and the like, for messages.
std::string signal_name(int number);

}  // namespace yates::train
