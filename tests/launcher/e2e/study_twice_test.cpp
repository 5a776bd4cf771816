// SPDX-License-Identifier: Apache-2.0
// The same study twice, through the built command: equal tables of results, equal statistics.
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/world.hpp"

namespace yates::testing {
namespace {

/// A study of 2 x 2 arms of one seed in `root`/`name`.yaml.
void write_study(const std::filesystem::path& root, const std::string& name) {
  write_file_atomic(root / "base.yaml",
                    "model: {width: 8}\n"
                    "data: {dir: shards, split: split.json, patch: [32, 32, 32], workers: 1}\n"
                    "train: {epochs: 1, steps_per_epoch: 2}\n"
                    "evaluate: {tta: none}\n");
  write_file_atomic(root / (name + ".yaml"),
                    "study: {name: toy, base: base.yaml, out: " + name +
                        "}\n"
                        "factors:\n"
                        "  relocate: {\"-\": {model.mamba_stages: [2, 3]}, "
                        "\"+\": {model.mamba_stages: [0, 1]}}\n"
                        "  prune: {\"-\": {model.prune.enabled: false}, "
                        "\"+\": {model.prune.enabled: true}}\n"
                        "design: {seeds: [1]}\n");
}

void must(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
  const CommandResult result = run_yates(arguments, directory.string());
  ASSERT_EQ(result.exit_code, 0) << arguments[1] << ": " << result.output << result.error;
}

/// Final weights by the run's folder below `out`.
std::map<std::string, std::string> weights_of(const std::filesystem::path& out) {
  std::map<std::string, std::string> weights;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out)) {
    if (entry.path().filename() == "final.safetensors") {
      weights[std::filesystem::relative(entry.path(), out).string()] = read_file(entry.path());
    }
  }
  return weights;
}

TEST(StudyTwice, TheSameConfigurationGivesTheSameResults) {
  const TemporaryDirectory root;
  ASSERT_EQ(make_small_world(root.path(), 4), "");
  for (const std::string name : {"first", "second"}) {
    write_study(root.path(), name);
    ASSERT_NO_FATAL_FAILURE(must({"study", "run", name + ".yaml"}, root.path()));
    ASSERT_NO_FATAL_FAILURE(
        must({"study", "export", name + ".yaml", "--out", name + ".csv"}, root.path()));
  }
  const std::string table = read_file(root / "first.csv");
  EXPECT_NE(table.find("relocate,prune,seed,case"), std::string::npos) << table;
  EXPECT_EQ(table, read_file(root / "second.csv"));
  const auto weights = weights_of(root / "first");
  EXPECT_EQ(weights.size(), 4U);
  EXPECT_TRUE(weights == weights_of(root / "second"));
  // The arms are not all the same run.
  EXPECT_NE(weights.begin()->second, weights.rbegin()->second);
}

}  // namespace
}  // namespace yates::testing
