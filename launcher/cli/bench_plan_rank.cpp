// SPDX-License-Identifier: Apache-2.0
// One rank of `yates bench plan`: what the model of a step is fitted to.
#include <vector>

#include "dist/tree_reduction.hpp"
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/cli/timed_steps.hpp"

namespace yates::cli {
namespace {

/// The sum of one vector per rank, without the copy into it.
Spread time_reduction(std::int64_t bytes,
                      bool in_tree,
                      std::int64_t repeats,
                      dist::Communicator& communicator) {
  std::vector<float> values(static_cast<std::size_t>(bytes) / sizeof(float), 1.0F);
  dist::TreeReduction tree(communicator, communicator.size(), std::ssize(values));
  return measure_seconds(repeats, [&] {
    if (in_tree) {
      tree.add({communicator.rank(), communicator.rank() + 1}, values);
      tree.finish();
    } else {
      communicator.all_reduce_sum(values);
    }
  });
}

}  // namespace

Json plan_on_rank(const Json& arguments, dist::Communicator& communicator) {
  const auto repeats = json_get<std::int64_t>(arguments, "repeats", "arguments");
  const bool in_tree = json_get<bool>(arguments, "in_tree", "arguments");
  Json result = {{"hosts", hosts_of(communicator)}, {"steps", Json::array()}};
  std::int64_t bytes = 0;
  for (const auto samples :
       json_get<std::vector<std::int64_t>>(arguments, "per_rank", "arguments")) {
    const StepTimes times =
        time_training_steps(arguments, samples * communicator.size(), communicator);
    bytes = times.gradient_bytes;
    result["bytes"] = bytes;
    result["buckets"] = times.buckets;
    result["steps"].push_back({{"samples", samples}, {"seconds", to_json(times.step_s)}});
  }
  result["reductions"] = Json::array();
  if (communicator.size() > 1) {
    // From where latency rules to where bandwidth does.
    for (const std::int64_t size : {bytes / 1024, bytes / 64, bytes / 4, bytes}) {
      result["reductions"].push_back(
          {{"bytes", size},
           {"seconds", to_json(time_reduction(size, in_tree, repeats, communicator))}});
    }
  }
  return result;
}

}  // namespace yates::cli
