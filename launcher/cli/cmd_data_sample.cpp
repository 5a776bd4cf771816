// SPDX-License-Identifier: Apache-2.0
// yates data sample: one training sample as the network sees it, and a figure of it.
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/augment/parameters.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "io/dataset/sample_figure.hpp"
#include "io/dataset/training_set.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/config/run_config.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string data;
  std::string split;
  std::int64_t seed = 1;
  std::int64_t step = 0;
  std::int64_t slot = 0;
  std::string out;
  std::string figure;
  std::vector<std::string> overrides;
};

/// Values of an array as "[1,2,3]".
template <typename T>
std::string in_brackets(const T& values) {
  return Json(values).dump();
}

io::Metadata describe(const io::Sample& sample, std::int64_t seed) {
  const io::PatchChoice& choice = sample.choice;
  return {{"case", sample.case_id},
          {"seed", std::to_string(seed)},
          {"step", std::to_string(sample.step)},
          {"slot", std::to_string(sample.slot)},
          {"corner", in_brackets(choice.corner)},
          {"foreground", choice.foreground ? "true" : "false"},
          {"label", std::to_string(choice.label)},
          {"voxel", in_brackets(choice.voxel)},
          {"augmentation", sample.augmentation ? to_json(*sample.augmentation).dump() : "null"}};
}

void write_sample(const std::string& path, const io::Sample& sample, std::int64_t seed) {
  const std::vector<std::int64_t> labels(sample.y.begin(), sample.y.end());
  const auto [depth, height, width] = sample.shape;
  const io::TensorEntry entries[] = {{.name = "x",
                                      .dtype = io::Dtype::F32,
                                      .shape = {1, 4, depth, height, width},
                                      .data = std::as_bytes(std::span(sample.x))},
                                     {.name = "y",
                                      .dtype = io::Dtype::I64,
                                      .shape = {1, depth, height, width},
                                      .data = std::as_bytes(std::span(labels))}};
  io::write_safetensors(path, entries, describe(sample, seed));
}

void run(const Arguments& arguments) {
  config::RunConfig config = config::load_run_config("", arguments.overrides);
  config.data.dir = arguments.data;
  config.data.split = arguments.split;
  const std::int64_t batch = config.train.global_batch;
  if (arguments.step < 0 || arguments.slot < 0 || arguments.slot >= batch) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("step {}, slot {}", arguments.step, arguments.slot),
                        .where = "--step, --slot",
                        .allowed = fmt::format("step >= 0, slot 0 to {}", batch - 1),
                        .fix = "slots count within the global batch: train.global_batch=N"});
  }
  const auto seed = static_cast<std::uint64_t>(arguments.seed);
  const io::TrainingSet set(config.data, seed, batch);
  const io::Sample sample = set.make(arguments.step, arguments.slot);
  write_sample(arguments.out, sample, arguments.seed);
  if (!arguments.figure.empty()) {
    write_file_atomic(arguments.figure, sample_figure_svg(sample));
  }
  const Output output("");
  for (const auto& [key, value] : describe(sample, arguments.seed)) {
    output.text("{:<13} {}", key, value);
  }
}

}  // namespace

void register_data_sample(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "sample", "write one training sample: x (1,4,D,H,W), y (1,D,H,W), its draws as metadata");
  verb->add_option("--data", arguments->data, "imported data set")->type_name("DIR")->required();
  verb->add_option("--split", arguments->split, "split file")->type_name("FILE")->required();
  verb->add_option("--seed", arguments->seed, "seed of the run")->required();
  verb->add_option("--step", arguments->step, "global step, from 0")->required();
  verb->add_option("--slot", arguments->slot, "index in the global batch, from 0")->required();
  verb->add_option("--out", arguments->out, "safetensors file to write")
      ->type_name("FILE")
      ->required();
  verb->add_option("--figure", arguments->figure, "also draw the sample")->type_name("FILE.svg");
  add_overrides(*verb, arguments->overrides);
  set_example(*verb,
              "yates data sample --data shards --split split.json --seed 1 --step 7 --slot 1 "
              "--out sample.safetensors --figure sample.svg data.patch=[64,64,64]");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
