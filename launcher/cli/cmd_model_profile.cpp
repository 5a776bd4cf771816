// SPDX-License-Identifier: Apache-2.0
// yates model profile: time per module of one forward pass, the paper's Table 5.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

#include "launcher/cli/app.hpp"
#include "launcher/cli/gpu_runtime.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "model/check_options.hpp"
#include "model/init.hpp"
#include "model/network_plan.hpp"
#include "model/profile/parameter_table.hpp"
#include "model/profile/time_profile.hpp"

namespace yates::cli {
namespace {

struct ProfileArguments {
  std::string device = "cpu";
  std::int64_t repeats = 3;
  std::string json_path;
  std::vector<std::string> overrides;
};

/// Precision as the configuration says; `auto` as in training.
train::ComputePolicy compute_of(const std::string& device, train::TrainOptions options) {
  options.device = device;
  const train::GpuRuntime gpus = gpu_runtime();
  const train::ComputePolicy compute = train::choose_compute(options, 0, gpus);
  if (!compute.device.is_cpu()) {
    gpus.prepare(compute.device.index(), options.deterministic);
  }
  return compute;
}

void print(const Output& output,
           const model::ParameterTable& table,
           const model::TimeProfile& profile,
           const std::map<std::string, double>& gflop) {
  output.text("{:<26}{:>12}{:>10}{:>12}", "module", "ms", "share %", "GFLOP");
  for (const model::ModuleTime& module : profile.modules) {
    output.text("{:<26}{:>12.2f}{:>10.1f}{:>12.3f}",
                module.name,
                module.ms,
                100 * module.ms / profile.total_ms,
                gflop.at(module.name));
  }
  output.text("\nTable 5\n{:<36}{:>11.2f} M",
              "Total parameters",
              static_cast<double>(table.parameters) / 1e6);
  output.text("{:<36}{:>13.1f}", "Total GFLOPs", static_cast<double>(table.flop.matrix) / 1e9);
}

void run_profile(const ProfileArguments& arguments) {
  const config::RunConfig config = config::load_run_config("", arguments.overrides);
  const train::ComputePolicy compute = compute_of(arguments.device, config.train);
  model::check_options(config.model);
  model::check_patch(config.data.patch);
  at::set_num_threads(static_cast<int>(config.train.threads));
  const model::SegMamba network(config.model);
  model::initialise(network.parameters(), static_cast<std::uint64_t>(config.train.seed));
  network.parameters().move_to(compute.device);
  const auto& patch = config.data.patch;
  const at::Tensor x = at::randn({1, model::kModalities, patch[0], patch[1], patch[2]})
                           .to(compute.device, compute.activations);
  const model::TimeProfile profile = model::time_profile(network, x, arguments.repeats);

  const model::ParameterTable table = model::parameter_table(config.model, patch);
  std::map<std::string, double> gflop;
  for (const model::ModuleRow& row : table.modules) {
    gflop[row.name] = static_cast<double>(row.flop.matrix) / 1e9;
  }
  const Output output(arguments.json_path);
  print(output, table, profile, gflop);
  Json rows = Json::array();
  for (const model::ProfileRow& row : model::table5_rows(profile, config.model, patch)) {
    output.text("{:<36}{:>10.2f} ms{:>8.1f} %", row.name, row.ms, row.share_pct);
    rows.push_back({{"name", row.name}, {"ms", row.ms}, {"share_pct", row.share_pct}});
  }
  Json modules = Json::array();
  for (const model::ModuleTime& module : profile.modules) {
    modules.push_back({{"name", module.name},
                       {"ms", module.ms},
                       {"share_pct", 100 * module.ms / profile.total_ms},
                       {"gflop", gflop.at(module.name)}});
  }
  output.json({{"total_ms", profile.total_ms},
               {"device", arguments.device},
               {"compute", compute.fingerprint()},
               {"threads", config.train.threads},
               {"modules", modules},
               {"table5", rows}});
}

}  // namespace

void register_model_profile(CLI::App& model) {
  auto arguments = std::make_shared<ProfileArguments>();
  CLI::App* verb = model.add_subcommand(
      "profile", "time per module of one forward pass of data.patch, and the paper's Table 5");
  verb->add_option("--device", arguments->device, "where to run it")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  verb->add_option("--repeats", arguments->repeats, "passes; the one of median time is shown")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_json_option(*verb, arguments->json_path);
  add_overrides(*verb, arguments->overrides);
  set_example(*verb, "yates model profile model.width=16 data.patch=[64,64,64] train.threads=2");
  verb->callback([arguments] { run_profile(*arguments); });
}

}  // namespace yates::cli
