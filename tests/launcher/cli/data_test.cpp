// SPDX-License-Identifier: Apache-2.0
// yates data import, verify and split as a user meets them.
#include <cstring>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/raw_cases.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

nlohmann::json read_json_file(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return nlohmann::json::parse(stream);
}

/// Raw cases of two patients, one of them examined twice.
class DataVerbs : public ::testing::Test {
 protected:
  DataVerbs() {
    int seed = 0;
    for (const char* id : {"BraTS-GLI-00001-000", "BraTS-GLI-00001-001", "BraTS-GLI-00002-000"}) {
      write_raw_case(folder_ / "raw", id, seed++);
    }
  }
  [[nodiscard]] CommandResult yates(const std::vector<std::string>& arguments) const {
    return run_yates(arguments, folder_.path().string());
  }

  TemporaryDirectory folder_;
};

TEST_F(DataVerbs, GoFromFoldersToASplit) {
  const CommandResult import = yates({"data", "import", "--in", "raw", "--out", "shards"});
  ASSERT_EQ(import.exit_code, 0) << import.error;
  EXPECT_TRUE(contains(import.output, "3 cases in 1 shards")) << import.output;

  const CommandResult verify = yates({"data", "verify", "--data", "shards", "--json", "-"});
  ASSERT_EQ(verify.exit_code, 0) << verify.error;
  EXPECT_EQ(nlohmann::json::parse(verify.output)["ok"], true);

  const CommandResult split = yates({"data", "split", "--data", "shards", "--out", "split.json"});
  ASSERT_EQ(split.exit_code, 0) << split.error;
  EXPECT_TRUE(contains(split.error, "'validation' is empty")) << split.error;
  const auto lists = read_json_file(folder_ / "split.json");
  EXPECT_EQ(lists["train"].size() + lists["test"].size(), 3U);
  EXPECT_EQ(lists["sha256"].get<std::string>().size(), 64U);
}

TEST_F(DataVerbs, ImportRefusesBadCasesAndMissingFolders) {
  std::filesystem::remove(raw_path(folder_ / "raw", "BraTS-GLI-00002-000", "t1c"));
  const CommandResult refused = yates({"data", "import", "--in", "raw", "--out", "shards"});
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_TRUE(contains(refused.error, "case BraTS-GLI-00002-000, t1c: missing")) << refused.error;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "shards" / "manifest.json"));

  const CommandResult allowed =
      yates({"data", "import", "--in", "raw", "--out", "shards", "--allow-missing", "1"});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.error;
  EXPECT_TRUE(contains(allowed.error, "t1c: missing")) << allowed.error;
  EXPECT_TRUE(contains(allowed.output, "2 cases in 1 shards, 1 refused")) << allowed.output;

  EXPECT_EQ(yates({"data", "import", "--in", "gone", "--out", "x"}).exit_code, 66);
  EXPECT_EQ(yates({"data", "import", "--in", "raw", "--out", "x", "--labels", "y"}).exit_code, 2);
  EXPECT_EQ(yates({"data", "import", "--in", "raw"}).exit_code, 2);
}

TEST_F(DataVerbs, PhantomBreaksCasesOnPurposeAndImportNamesThem) {
  const CommandResult made = yates({"data",
                                    "phantom",
                                    "--out",
                                    "broken",
                                    "--cases",
                                    "3",
                                    "--seed",
                                    "4",
                                    "--shape",
                                    "20,22,24",
                                    "--defects",
                                    "slope,gzip-crc"});
  ASSERT_EQ(made.exit_code, 0) << made.error;
  const CommandResult import = yates({"data", "import", "--in", "broken", "--out", "x"});
  EXPECT_EQ(import.exit_code, 65);
  EXPECT_TRUE(contains(import.error, "case BraTS-GLI-00001-000, t1n: corrupt")) << import.error;
  const CommandResult wrong =
      yates({"data", "phantom", "--out", "y", "--cases", "3", "--seed", "4", "--defects", "slop"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(contains(wrong.error, "slope")) << wrong.error;
}

TEST_F(DataVerbs, StatsStandBesideThePaperAndAsFigure) {
  ASSERT_EQ(yates({"data", "import", "--in", "raw", "--out", "shards"}).exit_code, 0);
  const CommandResult stats = yates({"data",
                                     "stats",
                                     "--data",
                                     "shards",
                                     "--compare-paper",
                                     "--figure",
                                     "s.svg",
                                     "--json",
                                     "s.json"});
  ASSERT_EQ(stats.exit_code, 0) << stats.error;
  EXPECT_TRUE(contains(stats.output, "bbox_ratio.tight.p50")) << stats.output;
  EXPECT_EQ(read_json_file(folder_ / "s.json")["paper"].size(), 75U);
  std::ifstream svg(folder_ / "s.svg");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(svg), {}).substr(0, 4), "<svg");
}

TEST_F(DataVerbs, StatsOfLabelsAloneEqualThoseOfTheImportedSet) {
  const std::vector<std::string> made = {"--cases", "3", "--seed", "4", "--shape", "40,48,44"};
  const auto phantom = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"data", "phantom"});
    arguments.insert(arguments.end(), made.begin(), made.end());
    ASSERT_EQ(yates(arguments).exit_code, 0);
  };
  phantom({"--out", "whole"});
  phantom({"--out", "labels", "--labels-only"});
  ASSERT_EQ(yates({"data", "import", "--in", "whole", "--out", "set"}).exit_code, 0);
  ASSERT_EQ(yates({"data", "stats", "--data", "set", "--json", "a.json"}).exit_code, 0);
  ASSERT_EQ(yates({"data", "stats", "--labels", "labels", "--json", "b.json"}).exit_code, 0);
  auto whole = read_json_file(folder_ / "a.json");
  EXPECT_TRUE(whole["otsu"]["iou_pct"].is_number());
  whole["otsu"] = nullptr;
  EXPECT_EQ(whole, read_json_file(folder_ / "b.json"));
  EXPECT_EQ(yates({"data", "stats"}).exit_code, 2);
  EXPECT_EQ(yates({"data", "stats", "--labels", "gone"}).exit_code, 66);
  EXPECT_EQ(yates({"data", "stats", "--labels", "raw"}).exit_code, 65);
}

TEST_F(DataVerbs, SampleWritesWhatTheNetworkWillSeeAndAFigureOfIt) {
  ASSERT_EQ(yates({"data", "import", "--in", "raw", "--out", "shards"}).exit_code, 0);
  ASSERT_EQ(yates({"data", "split", "--data", "shards", "--out", "split.json"}).exit_code, 0);
  const auto sample = [&](const std::string& out, const std::string& slot) {
    return yates({"data",
                  "sample",
                  "--data",
                  "shards",
                  "--split",
                  "split.json",
                  "--seed",
                  "4",
                  "--step",
                  "7",
                  "--slot",
                  slot,
                  "--out",
                  out,
                  "--figure",
                  "f.svg",
                  "data.patch=[16,16,32]"});
  };
  const CommandResult result = sample("a.safetensors", "1");
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(contains(result.output, "foreground    true")) << result.output;
  const std::string file = read_file(folder_ / "a.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(8, length));
  EXPECT_EQ(header["x"]["shape"], nlohmann::json::array({1, 4, 16, 16, 32}));
  EXPECT_EQ(header["y"]["dtype"], "I64");
  EXPECT_EQ(header["y"]["shape"], nlohmann::json::array({1, 16, 16, 32}));
  const auto& metadata = header["__metadata__"];
  EXPECT_EQ(metadata["step"], "7");
  EXPECT_EQ(metadata["slot"], "1");
  const std::string id = metadata["case"].get<std::string>();
  EXPECT_TRUE(contains(id, "BraTS-GLI-0000")) << id;
  EXPECT_TRUE(
      nlohmann::json::parse(metadata["augmentation"].get<std::string>()).contains("mirror_zyx"));
  const std::string figure = read_file(folder_ / "f.svg");
  EXPECT_EQ(figure.substr(0, 4), "<svg");
  EXPECT_TRUE(contains(figure, id + ", step 7, slot 1: foreground patch")) << figure.substr(0, 999);

  ASSERT_EQ(sample("again.safetensors", "1").exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "again.safetensors"), file);
  ASSERT_EQ(sample("other.safetensors", "0").exit_code, 0);
  EXPECT_NE(read_file(folder_ / "other.safetensors"), file);
  EXPECT_EQ(sample("none.safetensors", "2").exit_code, 2);
}

TEST_F(DataVerbs, VerifyListsProblemsAndStillWritesJson) {
  ASSERT_EQ(yates({"data", "import", "--in", "raw", "--out", "shards"}).exit_code, 0);
  std::fstream(folder_ / "shards" / "shard-0000.h5",
               std::ios::in | std::ios::out | std::ios::binary)
      .seekp(-20, std::ios::end)
      .put('\x7f');
  const CommandResult verify = yates({"data", "verify", "--data", "shards", "--json", "v.json"});
  EXPECT_EQ(verify.exit_code, 65);
  EXPECT_TRUE(contains(verify.error, "shard-0000.h5")) << verify.error;
  EXPECT_EQ(read_json_file(folder_ / "v.json")["ok"], false);
  EXPECT_EQ(yates({"data", "verify", "--data", "raw"}).exit_code, 66);
}

TEST_F(DataVerbs, SplitTakesATestListAndWarnsOfItsPatients) {
  ASSERT_EQ(yates({"data", "import", "--in", "raw", "--out", "shards"}).exit_code, 0);
  std::ofstream(folder_ / "ids.txt") << "BraTS-GLI-00001-001\n";
  const CommandResult split =
      yates({"data", "split", "--data", "shards", "--out", "s.json", "--test-list", "ids.txt"});
  ASSERT_EQ(split.exit_code, 0) << split.error;
  EXPECT_TRUE(contains(split.error, "patient 00001 stands in the test list")) << split.error;
  EXPECT_EQ(read_json_file(folder_ / "s.json")["test"],
            nlohmann::json::array({"BraTS-GLI-00001-001"}));

  std::ofstream(folder_ / "ids.txt") << "other\n";
  EXPECT_EQ(
      yates({"data", "split", "--data", "shards", "--out", "t.json", "--test-list", "ids.txt"})
          .exit_code,
      65);
  EXPECT_EQ(
      yates({"data", "split", "--data", "shards", "--out", "t.json", "--ratios", "1,2"}).exit_code,
      2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "t.json"));
}

}  // namespace
}  // namespace yates::testing
