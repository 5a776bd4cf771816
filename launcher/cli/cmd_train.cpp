// SPDX-License-Identifier: Apache-2.0
// yates train: trains one run; alone, under mpirun or srun.
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include "dist/rank_session.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/gpu_runtime.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/train/dataset_source.hpp"
#include "launcher/train/segmamba_network.hpp"
#include "launcher/train/train_ranks.hpp"
#include "model/check_options.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string config;
  std::string data;
  std::vector<std::string> overrides;
};

train::TrainSetup make_setup(const Arguments& arguments, int ranks, int local_rank) {
  const config::RunConfig config = config::load_run_config(arguments.config, arguments.overrides);
  io::DataOptions data = config.data;
  if (!arguments.data.empty()) {
    data.dir = arguments.data;
  }
  train::check_train_options(config.train, ranks);
  const train::GpuRuntime gpus = gpu_runtime();
  const train::ComputePolicy compute = train::choose_compute(config.train, local_rank, gpus);
  model::check_patch(config.data.patch);
  // Before the first parallel region of LibTorch, which would start a pool of another size.
  at::set_num_threads(static_cast<int>(config.train.threads));
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  train::TrainSetup setup;
  setup.options = config.train;
  setup.compute = compute;
  if (!compute.device.is_cpu()) {
    const int gpu = compute.device.index();
    gpus.prepare(gpu, config.train.deterministic);
    setup.device_name = compute.device.str() + " " + gpus.address(gpu);
    setup.device_calls = [gpus, gpu] { return gpus.calls(gpu); };
    setup.peak_bytes = [gpus, gpu] { return gpus.peak_bytes(gpu); };
  }
  setup.run_directory = config.run_dir;
  setup.run_yaml = config::resolved_yaml(config);
  setup.identity = config::identity_text(config) + train::data_identity(data);
  setup.fingerprint = {{"yates", build_info::kGit},
                       {"compiler", build_info::kCompiler},
                       {"libtorch", build_info::kLibtorch},
                       {"instruction set", at::get_cpu_capability()},
                       {"threads", std::to_string(config.train.threads)},
                       {"compute", compute.fingerprint()}};
  setup.open_samples = train::open_dataset(data, seed, config.train.global_batch);
  setup.validation = train::open_validation(data);
  setup.network = train::make_segmamba(config.model, seed, config.train.steps_per_epoch, compute);
  return setup;
}

/// The exit code. MPI ends here, in order; an exception on its way would prevent that.
int run_train(const Arguments& arguments) {
  const dist::RankSession session;
  return train::train_on_ranks(
      [&](int local_rank) { return make_setup(arguments, session.ranks().size(), local_rank); },
      session.ranks());
}

}  // namespace

void register_train(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand(
      "train",
      "train one run, alone or under mpirun or srun; the same command resumes it.\n"
      "Stops cleanly (75) for SIGTERM, SIGUSR1, SIGUSR2 or a file HALT in the run directory; a "
      "file\n"
      "SAVE there asks for a checkpoint now. The verdict is in status.json.");
  verb->add_option("--config", arguments->config, "run configuration; see yates config reference")
      ->type_name("RUN.yaml")
      ->required();
  verb->add_option("--data",
                   arguments->data,
                   "read the samples from this copy of the data set [data.dir]; the run stays the "
                   "same if the copy has the same manifest")
      ->type_name("DIR");
  add_overrides(*verb, arguments->overrides);
  set_example(*verb,
              "mpirun -np 2 yates train --config run.yaml run.dir=runs/base-s1 train.seed=1");
  verb->callback([arguments] {
    if (const int code = run_train(*arguments); code != 0) {
      throw CLI::RuntimeError(code);
    }
  });
}

}  // namespace yates::cli
