// SPDX-License-Identifier: Apache-2.0
// One rank of `yates bench scaling`, and of `yates bench step`.
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/cli/timed_steps.hpp"

namespace yates::cli {

Json scaling_on_rank(const Json& arguments, dist::Communicator& communicator) {
  const StepTimes times = time_training_steps(
      arguments, json_get<std::int64_t>(arguments, "batch", "arguments"), communicator);
  return {{"hosts", hosts_of(communicator)},
          {"step_s", to_json(times.step_s)},
          {"steps_s", times.steps_s},
          {"memory_mib", times.memory_mib},
          {"comm_wait_s", to_json(times.comm_wait_s)},
          {"data_wait_s", to_json(times.data_wait_s)}};
}

}  // namespace yates::cli
