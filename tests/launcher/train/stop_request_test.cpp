// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/stop_request.hpp"

#include <csignal>

#include <gtest/gtest.h>

namespace yates::train {
namespace {

TEST(StopRequest, NotesTheFirstSignal) {
  for (const int number : {SIGTERM, SIGUSR1, SIGUSR2, SIGINT}) {
    const StopRequest stop;
    EXPECT_EQ(StopRequest::signal_number(), 0);
    std::raise(number);
    std::raise(SIGUSR2);
    EXPECT_EQ(StopRequest::signal_number(), number) << signal_name(number);
  }
}

TEST(StopRequest, SignalsAfterTheWorkAreIgnored) {
  { const StopRequest stop; }
  for (const int number : {SIGTERM, SIGUSR1, SIGUSR2}) {
    EXPECT_EQ(std::signal(number, SIG_DFL), SIG_IGN) << signal_name(number);
  }
}

}  // namespace
}  // namespace yates::train
