// SPDX-License-Identifier: Apache-2.0
// yates data import and verify while the file system fails or somebody asks them to stop.
#include <csignal>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/raw_cases.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

constexpr int kCases = 34;  // Two shards.

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

class DataFaults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryDirectory();
    for (int i = 0; i < kCases; ++i) {
      write_raw_case(*folder_ / "raw", fmt::format("BraTS-GLI-{:05}-000", i), i);
    }
    ASSERT_EQ(yates({"data", "import", "--in", "raw", "--out", "whole"}).exit_code, 0);
  }
  static void TearDownTestSuite() { delete folder_; }

  static CommandResult yates(std::vector<std::string> arguments, const std::string& fault = "") {
    arguments.insert(arguments.begin(), YATES_BINARY);
    return run_command(arguments, folder_->path().string(), {"YATES_FAULT=" + fault});
  }
  static CommandResult import(const std::string& out, const std::string& fault = "") {
    return yates({"data", "import", "--in", "raw", "--out", out}, fault);
  }
  /// The set is whole, equal to an import without any trouble, and alone in its folder.
  static void expect_whole(const std::string& out) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder_ / out)) {
      EXPECT_TRUE(read_file(entry.path()) ==
                  read_file(*folder_ / "whole" / entry.path().filename()))
          << entry.path();
      ++files;
    }
    EXPECT_EQ(files, 3U) << out;
  }

  static TemporaryDirectory* folder_;
};

TemporaryDirectory* DataFaults::folder_ = nullptr;

TEST_F(DataFaults, AReadThatFailsForAMomentIsTriedAgain) {
  for (const std::string fault : {"point=image.read,action=eio:3",
                                  "point=image.open,action=estale:2",
                                  "point=shard.read,action=estale:2",
                                  "point=shard.open,action=eio:1"}) {
    const std::string out = "moment-" + fault.substr(6, 10);
    const CommandResult result = import(out, fault);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(count_of(result.error, " of 6 follows"), static_cast<std::size_t>(fault.back() - '0'))
        << result.error;
    expect_whole(out);
  }
}

TEST_F(DataFaults, AReadThatFailsEveryTimeEndsTheImportAndNamesTheCase) {
  const CommandResult result = import("ill", "point=image.read,action=eio:100");
  EXPECT_EQ(result.exit_code, 74) << result.error;
  EXPECT_EQ(count_of(result.error, "follows"), 5U) << result.error;
  EXPECT_EQ(
      count_of(result.error,
               "case BraTS-GLI-00000-000, t2w: reading the file at byte 0 failed after 6 tries: "
               "Input/output error"),
      1U)
      << result.error;
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "ill"));
  // An ill file system is no bad case that may be left out.
  const CommandResult allowed =
      yates({"data", "import", "--in", "raw", "--out", "ill", "--allow-missing", "40"},
            "point=image.read,action=eio:100");
  EXPECT_EQ(allowed.exit_code, 74) << allowed.error;
  EXPECT_EQ(import("ill").exit_code, 0);
  expect_whole("ill");
}

TEST_F(DataFaults, VerifyTellsAFailingFileSystemFromDamage) {
  const std::vector<std::string> verify = {"data", "verify", "--data", "whole"};
  EXPECT_EQ(yates(verify, "point=shard.read,action=estale:3").exit_code, 0);
  const CommandResult result = yates(verify, "point=shard.read,action=estale:100");
  EXPECT_EQ(result.exit_code, 74) << result.error;
  EXPECT_NE(result.error.find("failed after 6 tries: Stale file handle"), std::string::npos)
      << result.error;
}

TEST_F(DataFaults, AnImportThatIsAskedToStopKeepsItsShardsAndGoesOn) {
  for (const int number : {SIGTERM, SIGINT}) {
    const std::string name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    // In the second shard: the first is finished and taken over.
    const CommandResult stopped =
        import(name, fmt::format("step=32,point=import.case,action=raise:{}", number));
    EXPECT_EQ(stopped.exit_code, 75) << stopped.error;
    EXPECT_NE(stopped.error.find("stopped by " + name + ": 32 of 34 cases are in finished shards"),
              std::string::npos)
        << stopped.error;
    EXPECT_TRUE(std::filesystem::exists(*folder_ / name / "shard-0000.h5"));
    EXPECT_FALSE(std::filesystem::exists(*folder_ / name / "manifest.json"));
    for (const auto& entry : std::filesystem::directory_iterator(*folder_ / name)) {
      EXPECT_FALSE(entry.path().filename().string().ends_with(".tmp")) << entry.path();
    }
    EXPECT_EQ(yates({"data", "stats", "--data", name}).exit_code, 66);

    const CommandResult again = import(name);
    EXPECT_EQ(again.exit_code, 0) << again.error;
    EXPECT_NE(again.output.find("32 from before"), std::string::npos) << again.output;
    expect_whole(name);
  }
}

TEST_F(DataFaults, AnImportThatIsAskedToStopInItsFirstShardLeavesNothing) {
  const CommandResult stopped = import("early", "step=2,point=import.case,action=raise:15");
  EXPECT_EQ(stopped.exit_code, 75) << stopped.error;
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "early"));
  EXPECT_EQ(import("early").exit_code, 0);
  expect_whole("early");
}

}  // namespace
}  // namespace yates::testing
