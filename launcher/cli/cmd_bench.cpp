// SPDX-License-Identifier: Apache-2.0
// yates bench NAME [--json FILE] [key=value ...]: measure a part of yates against a named peer.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>

#include "launcher/cli/app.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

constexpr Bench (*kBenches[])() = {
    bench_allreduce,
    bench_augment,
    bench_checkpoint,
    bench_conv1d,
    bench_hd95,
    bench_import,
    bench_instance_norm,
    bench_loader,
    bench_plan,
    bench_prune,
    bench_scaling,
    bench_scan,
    bench_step,
};

std::string in_words(const Spread& spread) {
  return fmt::format("{:.4g} [{:.4g} .. {:.4g}]", spread.median, spread.min, spread.max);
}

void print(const Output& output, const BenchResult& result) {
  output.text(
      "{:<24} {:<38} {:<18} {}", result.name, result.size, result.unit, in_words(result.ours));
  if (result.peer) {
    output.text("{:<82} {}  {}: {:.3g}x",
                "",
                in_words(result.peer->spread),
                result.peer->name,
                *result.ratio());
  } else {
    output.text("{:<82} no peer", "");
  }
}

void run_bench(const Bench& bench,
               const std::vector<std::string>& overrides,
               const std::string& json_path) {
  const BenchSettings settings(bench.keys, overrides);
  at::set_num_threads(static_cast<int>(settings.count("threads")));
  const Output output(json_path);
  output.text("{}, {} threads", machine_in_words(), settings.text("threads"));
  output.text("{:<24} {:<38} {:<18} {}", "name", "size", "unit", "median [min .. max]");
  Json json = Json::array();
  for (const BenchResult& result : bench.run(settings)) {
    print(output, result);
    json.push_back(to_json(result, settings.count("threads")));
  }
  output.json(json);
}

std::string describe_keys(const std::vector<BenchKey>& keys) {
  std::string text = "settings:";
  for (const BenchKey& key : keys) {
    text += fmt::format("\n  {:<12} {} [{}]", key.name, key.meaning, key.value);
  }
  return text;
}

void add_bench(CLI::App& verb, Bench bench) {
  struct Arguments {
    std::vector<std::string> overrides;
    std::string ranks;
    std::string json_path;
  };
  bench.keys.push_back({"threads", std::to_string(at::get_num_threads()), "threads"});
  bench.keys.push_back({"repeats", "7", "timed repetitions after one warm-up"});
  bench.keys.push_back({"peer_repeats", "3", "the same for a peer in this process"});
  auto arguments = std::make_shared<Arguments>();
  CLI::App* sub = verb.add_subcommand(bench.name, bench.description);
  add_json_option(*sub, arguments->json_path);
  if (std::any_of(
          bench.keys.begin(), bench.keys.end(), [](auto& key) { return key.name == "ranks"; })) {
    sub->add_option("--ranks", arguments->ranks, "the same as ranks=...");
  }
  add_overrides(*sub, arguments->overrides);
  sub->footer(describe_keys(bench.keys) + "\nExample:\n  yates bench " + bench.name +
              " --json - threads=2");
  sub->callback([arguments, bench = std::move(bench)] {
    if (!arguments->ranks.empty()) {
      arguments->overrides.push_back("ranks=" + arguments->ranks);
    }
    run_bench(bench, arguments->overrides, arguments->json_path);
  });
}

}  // namespace

void register_bench(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "bench", "measure a part of yates against a named peer, in the same run on this machine");
  verb->require_subcommand(1);
  set_example(*verb, "yates bench scan --json - threads=2");
  for (const auto& make : kBenches) {
    add_bench(*verb, make());
  }
  register_rank_job(*verb);
}

}  // namespace yates::cli
