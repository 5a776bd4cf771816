// SPDX-License-Identifier: Apache-2.0
// Training steps on the ranks of a measurement, timed as `yates train` does them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.hpp"
#include "dist/communicator.hpp"
#include "launcher/cli/bench.hpp"

namespace yates::cli {

/// Seconds per step of each timed run, of this rank.
struct StepTimes {
  Spread step_s;
  std::vector<double> steps_s;  ///< The values behind step_s.
  Spread comm_wait_s;
  Spread data_wait_s;
  std::int64_t gradient_bytes = 0;  ///< That ranks sum in a step.
  std::int64_t buckets = 0;         ///< In so many pieces.
  double memory_mib = 0;  ///< Peak of this process above its size before it made the network.
};

/// Collective: yes. Times steps with a global batch of `batch`. `arguments`: "configuration" (list
/// of key=value, beside a width of 8 and a patch of 32), "loader" ("drawn": the same drawn sample
/// again and again, at no cost; "real": the data set of data.dir), "steps" per timed run,
/// "repeats", "threads". A run that is not counted comes first.
StepTimes time_training_steps(const Json& arguments,
                              std::int64_t batch,
                              dist::Communicator& communicator);

/// Collective: yes. On how many hosts the ranks are.
std::int64_t hosts_of(dist::Communicator& communicator);

}  // namespace yates::cli
