// SPDX-License-Identifier: Apache-2.0
#include "base/fault.hpp"

#ifdef YATES_FAULTS

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates {
namespace {

struct Fault {
  std::int64_t rank = -1;  // Any.
  std::int64_t step = -1;
  std::string point;
  std::string action;
  std::int64_t argument = 0;
};

struct Place {
  std::atomic<std::int64_t> rank = 0;
  std::atomic<std::int64_t> step = 0;
  std::atomic<std::int64_t> faults = 0;
};

Place g_place;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

[[noreturn]] void refuse(const std::string& text) {
  throw Error(ExitCode::Usage,
              Problem{.what = "cannot understand '" + text + "'",
                      .where = "YATES_FAULT",
                      .allowed = "rank=R,step=S,point=NAME,action=kill|segv|stop|raise:N|exit:N|"
                                 "throw|enospc|edquot|sleep:S|nan|bitflip|eio:N|estale:N",
                      .fix = ""});
}

Fault parse_fault(std::string_view text) {
  Fault fault;
  for (const std::string& part : split(text, ',')) {
    const std::vector<std::string> sides = split(part, '=');
    if (sides.size() != 2) {
      refuse(part);
    }
    const auto number = parse_integer(sides[1]);
    if (sides[0] == "point") {
      fault.point = sides[1];
    } else if (sides[0] == "action") {
      const std::vector<std::string> words = split(sides[1], ':');
      fault.action = words[0];
      fault.argument = words.size() > 1 ? parse_integer(words[1]).value_or(0) : 0;
    } else if (number && sides[0] == "rank") {
      fault.rank = *number;
    } else if (number && sides[0] == "step") {
      fault.step = *number;
    } else {
      refuse(part);
    }
  }
  return fault;
}

/// How often the fault happens.
std::int64_t times(const Fault& fault) {
  const bool repeats = fault.action == "eio" || fault.action == "estale";
  return repeats ? std::max<std::int64_t>(1, fault.argument) : 1;
}

FaultAction act(const Fault& fault) {
  if (fault.action == "kill" || fault.action == "segv" || fault.action == "stop") {
    ::kill(::getpid(),
           fault.action == "kill" ? SIGKILL : (fault.action == "segv" ? SIGSEGV : SIGSTOP));
    // A signal may take a moment; nothing may run on meanwhile.
    std::this_thread::sleep_for(std::chrono::seconds(fault.action == "stop" ? 0 : 10));
  } else if (fault.action == "raise") {
    ::kill(::getpid(), static_cast<int>(fault.argument));
  } else if (fault.action == "exit") {
    ::_exit(static_cast<int>(fault.argument));
  } else if (fault.action == "throw") {
    throw Error(ExitCode::Internal,
                Problem{.what = "fault at " + fault.point, .where = "", .allowed = "", .fix = ""});
  } else if (fault.action == "enospc" || fault.action == "edquot") {
    const int code = fault.action == "enospc" ? ENOSPC : EDQUOT;
    throw_system_error("writing failed (fault)", fault.point, code);
  } else if (fault.action == "sleep") {
    std::this_thread::sleep_for(std::chrono::seconds(fault.argument));
  } else if (fault.action == "nan") {
    return FaultAction::Nan;
  } else if (fault.action == "bitflip") {
    return FaultAction::BitFlip;
  } else if (fault.action == "eio") {
    return FaultAction::Eio;
  } else if (fault.action == "estale") {
    return FaultAction::Estale;
  } else {
    refuse(fault.action);
  }
  return FaultAction::None;
}

}  // namespace

void set_fault_place(int rank, std::int64_t step) {
  g_place.rank = rank;
  g_place.step = step;
}

FaultAction fault_point(std::string_view point) {
  const char* text = std::getenv("YATES_FAULT");
  if (text == nullptr || *text == '\0') {
    return FaultAction::None;
  }
  const Fault fault = parse_fault(text);
  const bool here = fault.point == point && (fault.rank < 0 || fault.rank == g_place.rank) &&
                    (fault.step < 0 || fault.step == g_place.step);
  if (!here || g_place.faults.fetch_add(1) >= times(fault)) {
    return FaultAction::None;
  }
  return act(fault);
}

}  // namespace yates

#else

namespace yates {

void set_fault_place(int, std::int64_t) {}

FaultAction fault_point(std::string_view) {
  return FaultAction::None;
}

}  // namespace yates

#endif
