// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/train_ranks.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/log.hpp"
#include "dist/mpi_session.hpp"
#include "launcher/train/stop_request.hpp"

namespace yates::train {
namespace {

struct Failure {
  int code = 0;
  std::string text;
};

/// Of the exception being handled.
Failure describe_current_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return {static_cast<int>(error.code()), error.what()};
  } catch (const std::exception& error) {
    return {static_cast<int>(ExitCode::Internal), fmt::format("internal error: {}", error.what())};
  }
}

void set_log(const dist::Communicator& communicator) {
  if (communicator.size() > 1) {
    set_log_prefix(fmt::format("[rank {}/{}] ", communicator.rank(), communicator.size()));
  }
  if (communicator.rank() != 0) {
    set_log_level(LogLevel::Warning);
  }
}

/// The worst code of all ranks; the first rank that failed prints its text.
int agree(const Failure& failure, dist::Communicator& communicator) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::array<std::int64_t, 2> worst = {failure.code,
                                       failure.code == 0 ? kNone : -communicator.rank()};
  communicator.all_reduce_max(worst);
  if (worst[1] == -communicator.rank()) {
    fmt::print(stderr, "{}\n", failure.text);
  }
  return static_cast<int>(worst[0]);
}

void print_result(const TrainResult& result, const TrainSetup& setup) {
  fmt::print("{} after step {}{}{}, in {}\n",
             result.state,
             result.step,
             result.reason.empty() ? "" : ": ",
             result.reason,
             setup.run_directory.string());
  std::fflush(stdout);
}

}  // namespace

int train_on_ranks(const std::function<TrainSetup()>& make_setup,
                   dist::Communicator& communicator) {
  set_log(communicator);
  std::optional<TrainSetup> setup;
  Failure failure;
  try {
    setup = make_setup();
  } catch (...) {
    failure = describe_current_exception();
  }
  if (const int code = agree(failure, communicator); code != 0) {
    return code;
  }
  try {
    const StopRequest stop;
    const TrainResult result = train(*setup, communicator);
    if (communicator.rank() == 0) {
      print_result(result, *setup);
    }
    return static_cast<int>(result.code);
  } catch (...) {
    if (communicator.size() == 1) {
      throw;
    }
    failure = describe_current_exception();
    fmt::print(stderr, "[rank {}/{}] {}\n", communicator.rank(), communicator.size(), failure.text);
    dist::MpiSession::abort(failure.code);
  }
}

}  // namespace yates::train
