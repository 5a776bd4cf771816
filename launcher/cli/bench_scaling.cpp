// SPDX-License-Identifier: Apache-2.0
// yates bench scaling: time of a training step on several numbers of ranks, weak (samples per rank
// fixed) and strong (global batch fixed).
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"

namespace yates::cli {
namespace {

/// Efficiency of a time against a perfect one: worst with worst.
Spread efficiency(double perfect, const Spread& time) {
  return {.median = perfect / time.median,
          .min = perfect / time.max,
          .max = perfect / time.min,
          .n = time.n};
}

struct Series {
  std::string name;
  std::string loader;
  std::vector<BenchResult> rows;

  void add(const std::string& quantity,
           const std::string& size,
           const std::string& unit,
           const Spread& spread,
           bool higher_is_better) {
    rows.push_back({.name = fmt::format("{} {}", name, quantity),
                    .size = size + " " + loader,
                    .unit = unit,
                    .ours = spread,
                    .peer = std::nullopt,
                    .higher_is_better = higher_is_better});
  }
};

Json job_arguments(const BenchSettings& settings, std::int64_t batch) {
  return {{"batch", batch},
          {"steps", settings.count("steps")},
          {"repeats", settings.count("repeats")},
          {"threads", settings.count("threads")},
          {"configuration", settings.configuration()}};
}

void measure(const BenchSettings& settings, bool weak, std::vector<BenchResult>& results) {
  const std::vector<std::int64_t> counts = rank_counts(settings.text("ranks"));
  const std::int64_t least = *std::min_element(counts.begin(), counts.end());
  const std::int64_t most = *std::max_element(counts.begin(), counts.end());
  double first_s = 0;
  for (const std::int64_t ranks : counts) {
    const std::int64_t batch = weak ? ranks * settings.count("per_rank") : most;
    const Json result = run_rank_job("scaling", ranks, job_arguments(settings, batch));
    Series series{.name = weak ? "weak" : "strong",
                  .loader = json_get<std::string>(result, "loader", "rank"),
                  .rows = {}};
    const std::string size = fmt::format("ranks={} batch={}", ranks, batch);
    const Spread step = spread_from(result.at("step_s"));
    if (first_s == 0) {
      first_s = step.median * static_cast<double>(ranks) / static_cast<double>(least);
    }
    const double perfect =
        weak ? first_s : first_s * static_cast<double>(least) / static_cast<double>(ranks);
    series.add("step", size, "s", step, false);
    series.add("rate", size, "samples/s", efficiency(static_cast<double>(batch), step), true);
    series.add("efficiency", size, "1", efficiency(perfect, step), true);
    series.add("comm wait", size, "s/step", spread_from(result.at("comm_wait_s")), false);
    series.add("data wait", size, "s/step", spread_from(result.at("data_wait_s")), false);
    results.insert(results.end(), series.rows.begin(), series.rows.end());
  }
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  std::vector<BenchResult> results;
  measure(settings, true, results);
  measure(settings, false, results);
  return results;
}

}  // namespace

Bench bench_scaling() {
  return {.name = "scaling",
          .description =
              "time of a training step by number of ranks, weak and strong; ranks are "
              "started under mpirun. Configuration keys apply; with data.dir=DIR the real "
              "loader feeds it, else drawn samples",
          .keys = {{"ranks", "1,2", "numbers of ranks; efficiency is relative to the first"},
                   {"per_rank", "1", "samples per rank, weak"},
                   {"steps", "3", "steps per timed run"}},
          .run = run};
}

}  // namespace yates::cli
