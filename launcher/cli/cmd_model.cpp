// SPDX-License-Identifier: Apache-2.0
// yates model summary|init|forward|profile: the network of an arm by itself.
#include <memory>
#include <string>
#include <vector>

#include "io/checkpoint/safetensors.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/tensor_file.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "model/check_options.hpp"
#include "model/init.hpp"
#include "model/network/segmamba.hpp"
#include "model/profile/parameter_table.hpp"

namespace yates::cli {
namespace {

constexpr double kGiga = 1e9;

double gflop(std::int64_t count) {
  return static_cast<double>(count) / kGiga;
}

Json to_json(const model::ParameterTable& table) {
  Json modules = Json::array();
  for (const model::ModuleRow& row : table.modules) {
    modules.push_back({{"name", row.name},
                       {"parameters", row.parameters},
                       {"gflop", gflop(row.flop.matrix)},
                       {"gflop_hooks", gflop(row.flop.hooks)}});
  }
  return {{"parameters", table.parameters},
          {"tensors", table.tensors},
          {"gflop", gflop(table.flop.matrix)},
          {"gflop_hooks", gflop(table.flop.hooks)},
          {"modules", modules}};
}

void print_summary(const std::vector<std::string>& overrides, const std::string& json_path) {
  const config::RunConfig config = config::load_run_config("", overrides);
  model::check_options(config.model);
  model::check_patch(config.data.patch);
  const model::ParameterTable table = model::parameter_table(config.model, config.data.patch);
  const Output output(json_path);
  output.text("{:<24}{:>14}{:>12}{:>14}", "module", "parameters", "GFLOP", "GFLOP (hooks)");
  for (const model::ModuleRow& row : table.modules) {
    output.text("{:<24}{:>14}{:>12.3f}{:>14.3f}",
                row.name,
                row.parameters,
                gflop(row.flop.matrix),
                gflop(row.flop.hooks));
  }
  output.text("{:<24}{:>14}{:>12.3f}{:>14.3f}",
              "total",
              table.parameters,
              gflop(table.flop.matrix),
              gflop(table.flop.hooks));
  output.text("\n{} tensors; one sample of {} x {} x {} voxels, forward, 2 x multiply-accumulates",
              table.tensors,
              config.data.patch[0],
              config.data.patch[1],
              config.data.patch[2]);
  output.json(to_json(table));
}

void write_initial_weights(const std::string& path,
                           std::uint64_t seed,
                           const std::vector<std::string>& overrides) {
  const config::RunConfig config = config::load_run_config("", overrides);
  const model::SegMamba network(config.model);
  model::initialise(network.parameters(), seed);
  std::vector<io::TensorEntry> entries;
  for (const model::Parameter& parameter : network.parameters()) {
    entries.push_back(tensor_entry(parameter.name, parameter.value));
  }
  io::write_safetensors(path, entries, {{"format", "pt"}, {"seed", std::to_string(seed)}});
  Output("").text("{}: {} tensors from seed {}", path, entries.size(), seed);
}

void register_summary(CLI::App& model) {
  struct Arguments {
    std::vector<std::string> overrides;
    std::string json_path;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb =
      model.add_subcommand("summary", "parameters and GFLOP of the network, total and per module");
  add_overrides(*verb, arguments->overrides);
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates model summary model.width=32 model.mamba_stages=[0,1]");
  verb->callback([arguments] { print_summary(arguments->overrides, arguments->json_path); });
}

void register_init(CLI::App& model) {
  struct Arguments {
    std::string out;
    std::uint64_t seed = 1;
    std::vector<std::string> overrides;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = model.add_subcommand(
      "init", "initial weights: for one seed, a parameter is the same in every arm that has it");
  verb->add_option("--out", arguments->out, "weights file to write (safetensors)")
      ->required()
      ->type_name("FILE");
  verb->add_option("--seed", arguments->seed, "seed of the draw")
      ->capture_default_str()
      ->type_name("S");
  add_overrides(*verb, arguments->overrides);
  set_example(*verb, "yates model init --out weights.safetensors --seed 3 model.width=32");
  verb->callback([arguments] {
    write_initial_weights(arguments->out, arguments->seed, arguments->overrides);
  });
}

}  // namespace

void register_model_forward(CLI::App& model);
void register_model_profile(CLI::App& model);

void register_model(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("model", "the network of an arm by itself");
  verb->require_subcommand(1);
  register_summary(*verb);
  register_init(*verb);
  register_model_forward(*verb);
  register_model_profile(*verb);
}

}  // namespace yates::cli
