// SPDX-License-Identifier: Apache-2.0
// The command as a user meets it: verbs, help, exit codes, JSON.
#include "tests/support/command.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace yates::testing {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Command, WithoutArgumentsShowsTheHelp) {
  const CommandResult result = run_yates({});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.output, "doctor"));
  EXPECT_TRUE(contains(result.output, "train"));
}

TEST(Command, UnknownVerbIsAUsageErrorWithASuggestion) {
  const CommandResult result = run_yates({"docter"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.error, "did you mean 'doctor'?")) << result.error;
}

TEST(Command, VersionAsJsonIsNothingElse) {
  const CommandResult result = run_yates({"--version", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0);
  const auto json = nlohmann::json::parse(result.output);
  for (const char* key :
       {"version", "git", "compiler", "libtorch", "mpi", "hdf5", "itk", "cuda", "cudnn", "nccl"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
}

TEST(Command, DoctorReportsEveryFindingWithItsState) {
  const CommandResult result = run_yates({"doctor", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const auto json = nlohmann::json::parse(result.output);
  ASSERT_GE(json.size(), 8U);
  for (const auto& finding : json) {
    EXPECT_TRUE(finding["state"] == "ok" || !finding["fix"].get<std::string>().empty()) << finding;
  }
}

TEST(Command, DoctorFailsWhereItCannotWrite) {
  const CommandResult result = run_yates({"doctor", "--dir", "/proc"});
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_TRUE(contains(result.error, "/proc")) << result.error;
}

TEST(Command, JsonToAnUnwritablePlaceIsAnIoError) {
  const CommandResult result = run_yates({"--version", "--json", "/nonexistent/x.json"});
  EXPECT_EQ(result.exit_code, 74);
}

}  // namespace
}  // namespace yates::testing
