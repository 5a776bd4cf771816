// SPDX-License-Identifier: Apache-2.0
#include "tests/support/world.hpp"

#include <fstream>

namespace yates::testing {

CommandResult run_yates_ranks(int ranks,
                              std::vector<std::string> arguments,
                              const std::string& directory) {
  std::vector<std::string> command = {
      "mpirun", "-np", std::to_string(ranks), "--oversubscribe", YATES_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command, directory);
}

std::string make_small_world(const std::filesystem::path& root, int cases) {
  const std::vector<std::vector<std::string>> steps = {
      {"data",
       "phantom",
       "--out",
       "cases",
       "--cases",
       std::to_string(cases),
       "--seed",
       "3",
       "--shape",
       "48,48,48"},
      {"data", "import", "--in", "cases", "--out", "shards"},
      {"data", "split", "--data", "shards", "--out", "split.json", "--seed", "1"}};
  for (const auto& step : steps) {
    const CommandResult result = run_yates(step, root.string());
    if (result.exit_code != 0) {
      return step[1] + " ended with " + std::to_string(result.exit_code) + ": " + result.error;
    }
  }
  return "";
}

std::filesystem::path write_small_run(const std::filesystem::path& root,
                                      const std::string& run,
                                      int epochs,
                                      int steps_per_epoch) {
  const std::filesystem::path path = root / (run + ".yaml");
  std::ofstream(path) << "schema: 1\n"
                      << "model: {width: 8}\n"
                      << "data: {dir: shards, split: split.json, patch: [32, 32, 32]}\n"
                      << "train: {epochs: " << epochs << ", steps_per_epoch: " << steps_per_epoch
                      << ", validate_every: 1}\n"
                      << "run: {dir: " << run << "}\n";
  return path;
}

}  // namespace yates::testing
