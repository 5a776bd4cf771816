// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/train_ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/log.hpp"
#include "dist/placement.hpp"
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

/// Collective: yes. Rank 0 logs where the ranks are and what is wrong with that.
void show_places(dist::Communicator& communicator, const TrainOptions& options) {
  const auto places = dist::gather_places(communicator, dist::place_of_this_rank(options.threads));
  if (communicator.rank() != 0) {
    return;
  }
  log_info("{}", dist::placement_table(places));
  for (const std::string& warning : dist::placement_warnings(places)) {
    log_warning("{}", warning);
  }
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const auto mismatch = dist::launch_mismatch(communicator.size(), environment)) {
    log_warning("{}", *mismatch);
  }
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
    show_places(communicator, setup->options);
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
