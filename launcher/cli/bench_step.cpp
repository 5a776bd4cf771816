// SPDX-License-Identifier: Apache-2.0
// yates bench step: one training step against the published network in PyTorch eager mode.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/config/run_config.hpp"

namespace yates::cli {
namespace {

/// Times in ms and peaks of memory in MiB of one side, over all rounds.
struct Series {
  std::vector<double> times_ms, memory_mib;

  void add(const std::vector<double>& times, double factor, double mib) {
    std::transform(times.begin(), times.end(), std::back_inserter(times_ms), [&](double time) {
      return time * factor;
    });
    memory_mib.push_back(mib);
  }
};

std::vector<std::string> arm_overrides(const BenchSettings& settings, const std::string& arm) {
  std::vector<std::string> overrides = {"model.width=16", "data.patch=[32,32,32]"};
  overrides.push_back(arm == "base" ? "model.mamba_stages=[2,3]" : "model.mamba_stages=[0,1]");
  const std::vector<std::string>& given = settings.configuration();
  overrides.insert(overrides.end(), given.begin(), given.end());
  return overrides;
}

void run_ours(const BenchSettings& settings,
              std::vector<std::string> overrides,
              const std::string& reduction,
              Series& series) {
  overrides.push_back("train.reduction=" + reduction);
  const Json result = run_rank_job("scaling",
                                   1,
                                   {{"batch", settings.count("batch")},
                                    {"loader", "drawn"},
                                    {"steps", 1},
                                    {"repeats", settings.count("repeats")},
                                    {"threads", settings.count("threads")},
                                    {"configuration", overrides}});
  constexpr double kMilliseconds = 1e3;
  series.add(json_get<std::vector<double>>(result, "steps_s", "rank"),
             kMilliseconds,
             json_get<double>(result, "memory_mib", "rank"));
}

/// Returns the peer's name, or "" if it did not run.
std::string run_peer(const BenchSettings& settings,
                     const config::RunConfig& config,
                     Series& series) {
  const std::optional<Json> result =
      run_python_peer_json("segmamba_step.py",
                           {{"width", config.model.width},
                            {"mamba_stages", config.model.mamba_stages},
                            {"patch", config.data.patch},
                            {"batch", settings.count("batch")},
                            {"repeats", settings.count("peer_repeats")}},
                           settings.count("threads"));
  if (!result) {
    return "";
  }
  series.add(json_get<std::vector<double>>(*result, "times", "peer"),
             1,
             json_get<double>(*result, "memory_mib", "peer"));
  return json_get<std::string>(*result, "name", "peer");
}

BenchResult row(const std::string& name,
                const std::string& size,
                const std::string& unit,
                const std::vector<double>& ours,
                const std::string& peer,
                const std::vector<double>& theirs) {
  BenchResult result{
      .name = name, .size = size, .unit = unit, .ours = spread_of(ours), .peer = std::nullopt};
  if (!peer.empty()) {
    result.peer = PeerResult{.name = peer, .spread = spread_of(theirs)};
  }
  return result;
}

/// Time and memory of one arm under each reduction. Every side runs in processes of its own, in
/// turn: both meet the same disturbances, and no memory is left from another.
void measure(const BenchSettings& settings,
             const std::string& arm,
             std::vector<BenchResult>& results) {
  const std::vector<std::string> overrides = arm_overrides(settings, arm);
  const config::RunConfig config = config::load_run_config("", overrides);
  Series fast;
  Series tree;
  Series theirs;
  std::string peer;
  for (std::int64_t round = 0; round < settings.count("rounds"); ++round) {
    run_ours(settings, overrides, "fast", fast);
    run_ours(settings, overrides, "tree", tree);
    peer = run_peer(settings, config, theirs);
  }
  const auto& [d, h, w] = config.data.patch;
  const std::string size = fmt::format(
      "C={} patch={}x{}x{} batch={}", config.model.width, d, h, w, settings.count("batch"));
  for (const auto& [reduction, ours] : {std::pair{"fast", &fast}, {"tree", &tree}}) {
    const std::string name = fmt::format("step {} {}", arm, reduction);
    results.push_back(row(name, size, "ms", ours->times_ms, peer, theirs.times_ms));
    results.push_back(
        row(name + " memory", size, "MiB", ours->memory_mib, peer, theirs.memory_mib));
  }
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  std::vector<std::string> arms = {"base", "relocate"};
  if (settings.text("arm") != "both") {
    if (std::find(arms.begin(), arms.end(), settings.text("arm")) == arms.end()) {
      throw Error(ExitCode::Usage,
                  yates::Problem{.what = "unknown arm '" + settings.text("arm") + "'",
                                 .where = "",
                                 .allowed = "base, relocate, both",
                                 .fix = suggestion(settings.text("arm"), arms)});
    }
    arms = {settings.text("arm")};
  }
  std::vector<BenchResult> results;
  for (const std::string& arm : arms) {
    measure(settings, arm, results);
  }
  return results;
}

}  // namespace

Bench bench_step() {
  return {.name = "step",
          .description =
              "one training step under either reduction against the published network in PyTorch "
              "eager mode; configuration keys such as model.width=16 apply",
          .keys = {{"arm", "both", "base, relocate or both"},
                   {"batch", "2", "samples per step"},
                   {"rounds", "2", "turns of ours and the peer, in processes of their own"}},
          .run = run};
}

}  // namespace yates::cli
