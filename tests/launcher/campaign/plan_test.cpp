// SPDX-License-Identifier: Apache-2.0
// Plans: ids that stay, order, costs, estimability, and refusal of a changed study.
#include "launcher/campaign/plan.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

class PlanTest : public ::testing::Test {
 protected:
  config::StudyFile study(const std::string& base, const std::string& design = "seeds: [1, 2]") {
    write_file_atomic(directory_ / "base.yaml", base);
    write_file_atomic(directory_ / "study.yaml",
                      "study: {name: s, base: base.yaml, out: " + (directory_ / "camp").string() +
                          "}\n"
                          "factors:\n"
                          "  prune: {\"-\": {}, \"+\": {model.prune.enabled: true}}\n"
                          "  width: {\"48\": {model.width: 48}, \"32\": {model.width: 32}}\n"
                          "design: {" +
                          design +
                          "}\n"
                          "analysis: {primary: {contrast: \"prune:width\", delta: 1.0}}\n");
    return config::load_study_file(directory_ / "study.yaml");
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(PlanTest, RunsComeBlockByBlockAndLongestFirst) {
  const Plan plan = make_plan(study(""), 4);
  ASSERT_EQ(plan.runs.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(plan.runs[i].block, i < 4 ? 1 : 2);
  }
  EXPECT_GE(*plan.runs[0].gpu_days, *plan.runs[3].gpu_days);
  EXPECT_NEAR(*plan.runs[0].gpu_days, 3.0, 0.001);
  // GFLOP of the widths 32 and 48, by the paper's count.
  EXPECT_NEAR(*plan.runs[3].gpu_days, 3.0 * 1661 / 3723, 0.03);
}

TEST_F(PlanTest, IdsDependOnWhatIsRunNotOnHow) {
  const Plan plan = make_plan(study("train: {epochs: 3}\n"), 1);
  const Plan moved = make_plan(
      study("train: {epochs: 3, threads: 2, device: cpu}\ndata: {workers: 9}\nrun: {dir: x}\n"), 1);
  const Plan longer = make_plan(study("train: {epochs: 4}\n"), 1);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    EXPECT_EQ(plan.runs[i].id, moved.runs[i].id);
    EXPECT_NE(plan.runs[i].id, longer.runs[i].id);
    ids.insert(plan.runs[i].id);
  }
  EXPECT_EQ(ids.size(), plan.runs.size());
}

TEST_F(PlanTest, IdsAreTheSameInEveryVersion) {
  const Plan plan = make_plan(study(""), 1);
  EXPECT_EQ(plan.runs[0].id, "prune.minus_width.48-s1-945d809b");
}

TEST_F(PlanTest, ChangedStudyIsRefusedWithWhatChanged) {
  const config::StudyFile first = study("train: {epochs: 3}\n");
  EXPECT_EQ(publish_plan(first, plan_json(first, make_plan(first, 1))), Published::Written);
  const std::string written = read_file(plan_path(first));
  const config::StudyFile same = study("train: {epochs: 3, threads: 2}\n");
  EXPECT_EQ(publish_plan(same, plan_json(same, make_plan(same, 8))), Published::Unchanged);
  const config::StudyFile other = study("train: {epochs: 4}\n", "seeds: [1, 2, 3]");
  try {
    (void)publish_plan(other, plan_json(other, make_plan(other, 1)));
    FAIL() << "a changed study was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadConfig);
    EXPECT_NE(std::string(error.what()).find("settings, train.epochs: planned \"3\", now \"4\""),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(read_file(plan_path(first)), written);
}

TEST_F(PlanTest, AddedSeedAndChangedAnalysisAreNamed) {
  const config::StudyFile first = study("");
  (void)publish_plan(first, plan_json(first, make_plan(first, 1)));
  const config::StudyFile more = study("", "seeds: [1, 2, 3]");
  try {
    (void)publish_plan(more, plan_json(more, make_plan(more, 1)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 4U) << error.what();
    EXPECT_NE(std::string(error.what()).find("-s3-"), std::string::npos) << error.what();
  }
  config::StudyFile other = study("");
  other.spec.primary->delta = 0.5;
  EXPECT_THROW((void)publish_plan(other, plan_json(other, make_plan(other, 1))), Error);
}

TEST_F(PlanTest, IncompleteDesignSaysWhatItCannotTell) {
  const config::StudyFile whole = study("");
  const Json complete = plan_json(whole, make_plan(whole, 1));
  EXPECT_EQ(complete["estimable"].size(), 3U);
  EXPECT_TRUE(complete["not_estimable"].empty());
  EXPECT_EQ(complete["power"].size(), 3U);
  const config::StudyFile part =
      study("", "exclude: [{prune: \"+\", width: \"32\"}], seeds: [1, 2]");
  const Json json = plan_json(part, make_plan(part, 1));
  ASSERT_FALSE(json["not_estimable"].empty());
  EXPECT_EQ(json["not_estimable"].back()["term"], "prune:width");
  EXPECT_EQ(json["not_estimable"].back()["add"][0], "prune=+, width=32");
  EXPECT_EQ(json["arms"].size(), 3U);
  EXPECT_EQ(json["runs"].size(), 6U);
}

}  // namespace
}  // namespace yates::campaign
