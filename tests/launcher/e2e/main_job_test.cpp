// SPDX-License-Identifier: Apache-2.0
// The main job through the built command: cases -> shards -> training on two ranks -> label maps ->
// metrics.
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/world.hpp"

namespace yates::testing {
namespace {

TEST(MainJob, GoesFromCasesToMetrics) {
  const TemporaryDirectory root;
  ASSERT_EQ(make_small_world(root.path(), 6), "");
  write_small_run(root.path(), "run", 2, 3);

  const CommandResult train =
      run_yates_ranks(2, {"train", "--config", "run.yaml"}, root.path().string());
  ASSERT_EQ(train.exit_code, 0) << train.error;
  const Json status = read_json(root / "run/status.json");
  EXPECT_EQ(status["state"], "done");
  EXPECT_EQ(status["step"], 6);
  EXPECT_EQ(status["steps"], 6);

  const CommandResult predict = run_yates(
      {"predict", "--run", "run", "--data", "shards", "--out", "predictions", "--tta", "none"},
      root.path().string());
  ASSERT_EQ(predict.exit_code, 0) << predict.error;
  const Json split = read_json(root / "split.json");
  const auto test_cases = split["test"].get<std::set<std::string>>();
  ASSERT_FALSE(test_cases.empty());
  for (const std::string& id : test_cases) {
    EXPECT_TRUE(std::filesystem::exists(root / ("predictions/" + id + ".nii.gz"))) << id;
  }

  // The references hold exactly the test cases: an extra reference would be a missing prediction.
  std::filesystem::create_directory(root / "references");
  for (const std::string& id : test_cases) {
    std::filesystem::copy_file(root / ("cases/" + id + "/" + id + "-seg.nii.gz"),
                               root / ("references/" + id + "-seg.nii.gz"));
  }
  const CommandResult evaluate = run_yates({"evaluate",
                                            "--predictions",
                                            "predictions",
                                            "--references",
                                            "references",
                                            "--out",
                                            "cases.csv"},
                                           root.path().string());
  ASSERT_EQ(evaluate.exit_code, 0) << evaluate.error;
  const CsvTable table = read_csv(root / "cases.csv");
  EXPECT_EQ(table.rows.size(), test_cases.size() * 4);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double dice = table.number(row, table.column("dice"));
    EXPECT_TRUE(dice >= 0 && dice <= 1) << dice;
  }
}

TEST(MainJob, AFinishedRunIsNotTrainedAgain) {
  const TemporaryDirectory root;
  ASSERT_EQ(make_small_world(root.path(), 4), "");
  write_small_run(root.path(), "run", 1, 2);
  ASSERT_EQ(run_yates({"train", "--config", "run.yaml"}, root.path().string()).exit_code, 0);
  const std::string metrics_before = read_json(root / "run/status.json").dump();

  const CommandResult again = run_yates({"train", "--config", "run.yaml"}, root.path().string());

  EXPECT_EQ(again.exit_code, 0) << again.error;
  EXPECT_EQ(read_json(root / "run/status.json").dump(), metrics_before);
}

}  // namespace
}  // namespace yates::testing
