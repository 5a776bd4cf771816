// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/train_ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/fault.hpp"
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

/// Collective: yes. Rank 0 logs where the ranks are and what is wrong with that. Throws
/// Error{BadConfig} on all ranks if two share a GPU.
void show_places(dist::Communicator& communicator, const TrainSetup& setup) {
  dist::RankPlace mine = dist::place_of_this_rank(setup.options.threads);
  mine.device = setup.device_name;
  const auto places = dist::gather_places(communicator, mine);
  dist::refuse_shared_devices(places);
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

int train_on_ranks(const std::function<TrainSetup(int local_rank)>& make_setup,
                   dist::Communicator& communicator) {
  set_rank_log(communicator);
  set_fault_place(communicator.rank(), 0);
  std::optional<TrainSetup> setup;
  const auto attempt = [&](const auto& work) {
    RankFailure failure;
    try {
      work();
    } catch (...) {
      failure = describe_current_exception();
    }
    return agree_on_failure(failure, communicator);
  };
  const int local_rank = dist::local_rank(communicator);
  if (const int code = attempt([&] { setup = make_setup(local_rank); }); code != 0) {
    return code;
  }
  if (const int code = attempt([&] { show_places(communicator, *setup); }); code != 0) {
    return code;
  }
  try {
    const StopRequest stop;
    const TrainResult result = train(*setup, communicator);
    if (communicator.rank() == 0) {
      print_result(result, *setup);
    }
    if (setup->peak_bytes) {
      log_info("peak memory on {}: {} MiB", setup->device_name, setup->peak_bytes() >> 20);
    }
    return static_cast<int>(result.code);
  } catch (...) {
    end_ranks(communicator);
  }
}

}  // namespace yates::train
