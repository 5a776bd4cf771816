// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/stop_signals.hpp"

#include <atomic>

namespace yates::campaign {
namespace {

std::atomic<int> stop_signals{0};

}  // namespace

StopSignals::StopSignals() {
  stop_signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { ++stop_signals; };
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
}

int StopSignals::count() {
  return stop_signals;
}

}  // namespace yates::campaign
