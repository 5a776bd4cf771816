// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/train_ranks.hpp"

#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "launcher/train/rank_failure.hpp"
#include "launcher/train/stop_request.hpp"

namespace yates::train {
namespace {

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
  set_rank_log(communicator);
  std::optional<TrainSetup> setup;
  RankFailure failure;
  try {
    setup = make_setup();
  } catch (...) {
    failure = describe_current_exception();
  }
  if (const int code = agree_on_failure(failure, communicator); code != 0) {
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
    end_ranks(communicator);
  }
}

}  // namespace yates::train
