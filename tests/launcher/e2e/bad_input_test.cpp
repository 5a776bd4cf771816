// SPDX-License-Identifier: Apache-2.0
// Wrong input through the built command: a named error, the right exit code, nothing half-written.
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/shard_file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/world.hpp"

namespace yates::testing {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Two good phantom cases, one of which each test breaks.
class BadInput : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult made = run_yates(
        {"data", "phantom", "--out", "cases", "--cases", "2", "--seed", "3", "--shape", "48,48,48"},
        root_.path().string());
    ASSERT_EQ(made.exit_code, 0) << made.error;
    for (const auto& entry : fs::directory_iterator(root_ / "cases")) {
      if (entry.is_directory()) {
        case_ = std::max(case_, entry.path().filename().string());
      }
    }
  }

  [[nodiscard]] fs::path file(const std::string& modality) const {
    return root_.path() / "cases" / case_ / (case_ + "-" + modality + ".nii.gz");
  }

  [[nodiscard]] CommandResult import() const {
    return run_yates({"data", "import", "--in", "cases", "--out", "shards"}, root_.path().string());
  }

  void expect_refused(const CommandResult& result, int exit_code, const std::string& named) const {
    EXPECT_EQ(result.exit_code, exit_code) << result.error;
    EXPECT_TRUE(contains(result.error, named)) << result.error;
    EXPECT_FALSE(fs::exists(root_ / "shards/manifest.json"));
  }

  TemporaryDirectory root_;
  std::string case_;
};

TEST_F(BadInput, TruncatedGzipIsRefused) {
  const fs::path path = file("t2f");
  fs::resize_file(path, fs::file_size(path) / 2);
  const CommandResult result = import();
  expect_refused(result, 65, case_);
  EXPECT_TRUE(contains(result.error, "t2f")) << result.error;
}

TEST_F(BadInput, ABitFlipInTheGzipIsRefused) {
  const fs::path path = file("t1n");
  std::string content = read_file(path);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
  std::ofstream(path, std::ios::binary) << content;
  expect_refused(import(), 65, "t1n");
}

TEST_F(BadInput, AMissingModalityIsNamed) {
  fs::remove(file("t1c"));
  expect_refused(import(), 65, "t1c");
}

TEST_F(BadInput, AMissingFolderIsNamed) {
  const CommandResult result =
      run_yates({"data", "import", "--in", "nowhere", "--out", "shards"}, root_.path().string());
  expect_refused(result, 66, "nowhere");
}

TEST_F(BadInput, AnotherGridOfOneModalityIsRefused) {
  const CommandResult other = run_yates(
      {"data", "phantom", "--out", "other", "--cases", "1", "--seed", "4", "--shape", "40,48,48"},
      root_.path().string());
  ASSERT_EQ(other.exit_code, 0) << other.error;
  const std::string name = "BraTS-GLI-00000-000";
  const fs::path folder = root_ / "other" / name;
  fs::copy_file(folder / (name + "-t2w.nii.gz"), file("t2w"), fs::copy_options::overwrite_existing);
  expect_refused(import(), 65, "t2w");
}

TEST_F(BadInput, AMistypedKeyIsNamedWithASuggestion) {
  std::ofstream(root_ / "run.yaml") << "schema: 1\nmodel: {widht: 8}\n";
  const CommandResult result = run_yates({"train", "--config", "run.yaml"}, root_.path().string());
  EXPECT_EQ(result.exit_code, 78) << result.error;
  EXPECT_TRUE(contains(result.error, "run.yaml:2:")) << result.error;
  EXPECT_TRUE(contains(result.error, "width")) << result.error;
}

TEST_F(BadInput, AMissingConfigurationIsNamed) {
  const CommandResult result =
      run_yates({"train", "--config", "absent.yaml"}, root_.path().string());
  EXPECT_EQ(result.exit_code, 66) << result.error;
  EXPECT_TRUE(contains(result.error, "absent.yaml")) << result.error;
}

TEST_F(BadInput, ThreeRanksCannotShareABatchOfTwo) {
  ASSERT_EQ(make_small_world(root_.path() / "", 4), "");
  write_small_run(root_.path(), "run", 1, 1);
  const CommandResult result =
      run_yates_ranks(3, {"train", "--config", "run.yaml"}, root_.path().string());
  EXPECT_EQ(result.exit_code, 78) << result.error;
  EXPECT_TRUE(contains(result.error, "global_batch")) << result.error;
  EXPECT_FALSE(fs::exists(root_ / "run/metrics.jsonl"));
}

TEST_F(BadInput, AFlippedBitStopsTheTrainingOnAllRanksAndNamesTheCase) {
  ASSERT_EQ(make_small_world(root_.path() / "", 4), "");
  const io::Manifest manifest = io::read_manifest(root_ / "shards");
  const io::ShardRecord& record = manifest.shards.at(0);
  std::string shard = read_file(root_ / "shards" / record.file);
  {
    const io::ShardFile open(root_ / "shards" / record.file, record.bytes);
    for (const auto& [id, stored] : open.cases()) {
      const auto at = static_cast<std::size_t>(stored.image.offset) + 100;
      shard[at] = static_cast<char>(shard[at] ^ 0x10);
    }
  }
  write_file_atomic(root_ / "shards" / record.file, shard);
  write_small_run(root_.path(), "run", 1, 4);
  const CommandResult result =
      run_yates_ranks(2, {"train", "--config", "run.yaml"}, root_.path().string());
  EXPECT_EQ(result.exit_code, 65) << result.error;
  EXPECT_TRUE(contains(result.error, "case BraTS-GLI-0000")) << result.error;
  EXPECT_TRUE(contains(result.error, "t2w: the checksum")) << result.error;
  EXPECT_FALSE(contains(read_file(root_ / "run/status.json"), "\"running\""));
}

TEST_F(BadInput, ADataDirectoryOfAnotherSchemaIsRefused) {
  ASSERT_EQ(import().exit_code, 0);
  std::string manifest = read_file(root_ / "shards/manifest.json");
  const std::size_t schema = manifest.find("\"schema\": 1");
  ASSERT_NE(schema, std::string::npos);
  manifest.replace(schema, 11, "\"schema\": 9");
  write_file_atomic(root_ / "shards/manifest.json", manifest);
  const CommandResult result =
      run_yates({"data", "verify", "--data", "shards"}, root_.path().string());
  EXPECT_EQ(result.exit_code, 65) << result.error;
  EXPECT_TRUE(contains(result.error, "schema")) << result.error;
}

}  // namespace
}  // namespace yates::testing
