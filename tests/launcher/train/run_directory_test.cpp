// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/run_directory.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

TEST(RunDirectory, KeepsItsStatus) {
  const testing::TemporaryDirectory folder;
  const RunDirectory run(folder / "a");
  run.create();
  EXPECT_FALSE(run.read_status().has_value());
  Status status;
  status.step = 3;
  status.steps = 10;
  run.write_status(status);
  EXPECT_TRUE(read_json(run.path() / "status.json")["exit_code"].is_null());
  status.state = "interrupted";
  status.exit_code = 75;
  status.reason = "SIGUSR1";
  run.write_status(status);

  const auto found = run.read_status();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->state, "interrupted");
  EXPECT_EQ(found->step, 3);
  EXPECT_EQ(found->steps, 10);
  EXPECT_EQ(found->exit_code, 75);
  EXPECT_EQ(found->reason, "SIGUSR1");
  EXPECT_TRUE(found->resumable);
}

TEST(RunDirectory, HaltStaysAndSaveIsTakenOnce) {
  const testing::TemporaryDirectory folder;
  const RunDirectory run(folder.path());
  EXPECT_FALSE(run.halt_asked());
  EXPECT_FALSE(run.take_save_request());
  std::ofstream(folder / "HALT") << "";
  std::ofstream(folder / "SAVE") << "";
  EXPECT_TRUE(run.halt_asked());
  EXPECT_TRUE(run.halt_asked());
  EXPECT_TRUE(run.take_save_request());
  EXPECT_FALSE(run.take_save_request());
}

}  // namespace
}  // namespace yates::train
