// SPDX-License-Identifier: Apache-2.0
// The toy run as a program: alone or under mpirun, killed, stopped and started again by tests.
// Arguments: RUN_DIRECTORY [SEED [WATCHDOG_S [GLOBAL_BATCH]]]
#include <string>

#include <fmt/format.h>

#include "base/error.hpp"
#include "dist/rank_session.hpp"
#include "launcher/train/train_ranks.hpp"
#include "tests/launcher/train/toy_run.hpp"

namespace yates::train {
namespace {

int run(int argc, char** argv) {
  const dist::RankSession session;
  ToyRun toy;
  toy.seed = argc > 2 ? std::stoll(argv[2]) : 1;
  toy.global_batch = argc > 4 ? std::stoll(argv[4]) : toy.global_batch;
  const auto make_setup = [&](int) {
    TrainSetup setup = toy.setup(argv[1]);
    setup.options.watchdog_s = argc > 3 ? argv[3] : "auto";
    check_train_options(setup.options, session.ranks().size());
    return setup;
  };
  return train_on_ranks(make_setup, session.ranks());
}

}  // namespace
}  // namespace yates::train

int main(int argc, char** argv) {
  try {
    return yates::train::run(argc, argv);
  } catch (const yates::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.code());
  }
}
