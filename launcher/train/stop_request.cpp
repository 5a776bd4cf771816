// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/stop_request.hpp"

#include <csignal>

namespace yates::train {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGUSR1, SIGUSR2, SIGINT};

// A handler can reach nothing but a global.
volatile std::sig_atomic_t g_signal =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void note_signal(int number) {
  if (g_signal == 0) {
    g_signal = number;
  }
}

void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

StopRequest::StopRequest() {
  g_signal = 0;
  for (const int number : kSignals) {
    handle(number, note_signal, SA_RESTART | (number == SIGINT ? int(SA_RESETHAND) : 0));
  }
  handle(SIGXFSZ, SIG_IGN, 0);
}

StopRequest::~StopRequest() {
  // A launcher may signal ranks whose work is done and committed; that must not look like a crash.
  for (const int number : kSignals) {
    handle(number, number == SIGINT ? SIG_DFL : SIG_IGN, 0);
  }
}

int StopRequest::signal_number() {
  return g_signal;
}

std::string signal_name(int number) {
  switch (number) {
    case SIGTERM: return "SIGTERM";
    case SIGUSR1: return "SIGUSR1";
    case SIGUSR2: return "SIGUSR2";
    case SIGINT: return "SIGINT";
    default: return "signal " + std::to_string(number);
  }
}

}  // namespace yates::train
