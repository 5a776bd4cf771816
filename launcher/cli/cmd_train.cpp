// SPDX-License-Identifier: Apache-2.0
// yates train: trains one run; alone, under mpirun or srun.
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "dist/mpi_session.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/train/dataset_source.hpp"
#include "launcher/train/segmamba_network.hpp"
#include "launcher/train/stop_request.hpp"
#include "launcher/train/trainer.hpp"
#include "model/check_options.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string config;
  std::vector<std::string> overrides;
};

/// Exit code and text of the exception being handled.
struct Failure {
  int code = 0;
  std::string text;
};

Failure describe_current_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return {static_cast<int>(error.code()), error.what()};
  } catch (const std::exception& error) {
    return {static_cast<int>(ExitCode::Internal), fmt::format("internal error: {}", error.what())};
  }
}

train::TrainSetup make_setup(const Arguments& arguments, int ranks) {
  const config::RunConfig config = config::load_run_config(arguments.config, arguments.overrides);
  train::check_train_options(config.train, ranks);
  model::check_patch(config.data.patch);
  // Before the first parallel region of LibTorch, which would start a pool of another size.
  at::set_num_threads(static_cast<int>(config.train.threads));
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  train::TrainSetup setup;
  setup.options = config.train;
  setup.run_directory = config.run_dir;
  setup.run_yaml = config::resolved_yaml(config);
  setup.identity = config::identity_text(config) + train::data_identity(config.data);
  setup.fingerprint = {{"yates", build_info::kGit},
                       {"compiler", build_info::kCompiler},
                       {"libtorch", build_info::kLibtorch},
                       {"instruction set", at::get_cpu_capability()},
                       {"threads", std::to_string(config.train.threads)}};
  setup.open_samples = train::open_dataset(config.data, seed, config.train.global_batch);
  setup.validation = train::open_validation(config.data);
  setup.network = train::make_segmamba(config.model, seed);
  return setup;
}

/// Collective: yes. The setup, or the end of all ranks with the worst of their codes; the first
/// rank that fails says why, so that a mistake in the configuration is told once.
train::TrainSetup agree_on_setup(const Arguments& arguments, dist::Communicator& communicator) {
  train::TrainSetup setup;
  Failure failure;
  try {
    setup = make_setup(arguments, communicator.size());
  } catch (...) {
    failure = describe_current_exception();
  }
  std::array<std::int64_t, 2> worst = {failure.code,
                                       failure.code == 0 ? -1000000 : -communicator.rank()};
  communicator.all_reduce_max(worst);
  if (worst[0] == 0) {
    return setup;
  }
  if (-worst[1] == communicator.rank()) {
    fmt::print(stderr, "{}\n", failure.text);
  }
  throw CLI::RuntimeError(static_cast<int>(worst[0]));
}

void set_log(const dist::Communicator& communicator) {
  if (communicator.size() > 1) {
    set_log_prefix(fmt::format("[rank {}/{}] ", communicator.rank(), communicator.size()));
  }
  if (communicator.rank() != 0) {
    set_log_level(LogLevel::Warning);
  }
}

void print_result(const train::TrainResult& result, const train::TrainSetup& setup) {
  fmt::print("{} after step {}{}{}, in {}\n",
             result.state,
             result.step,
             result.reason.empty() ? "" : ": ",
             result.reason,
             setup.run_directory.string());
}

/// Trains; an error on one rank of several ends them all, because the others may wait for it.
int train_on(dist::Communicator& communicator, const train::TrainSetup& setup) {
  try {
    const train::StopRequest stop;
    const train::TrainResult result = train::train(setup, communicator);
    if (communicator.rank() == 0) {
      print_result(result, setup);
    }
    return static_cast<int>(result.code);
  } catch (...) {
    const Failure failure = describe_current_exception();
    if (communicator.size() == 1) {
      throw;
    }
    log_message(LogLevel::Error, failure.text);
    dist::MpiSession::abort(failure.code);
  }
}

/// The exit code. MPI ends here, in order, which an exception on its way would prevent.
int run_train(const Arguments& arguments) {
  std::optional<dist::MpiSession> session;
  if (dist::started_by_mpi_launcher()) {
    session.emplace();
  }
  const std::unique_ptr<dist::Communicator> communicator =
      session ? session->world() : dist::make_null_communicator();
  set_log(*communicator);
  try {
    const train::TrainSetup setup = agree_on_setup(arguments, *communicator);
    return train_on(*communicator, setup);
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  }
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
