// SPDX-License-Identifier: Apache-2.0
// yates predict on one, two and three real ranks; stopped by a kill and started again.
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/world.hpp"

namespace yates::testing {
namespace {

namespace fs = std::filesystem;

/// Five cases, weights and no split: predict takes every case.
class PredictRanks : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(make_small_world(root_.path(), 5), "");
    ASSERT_EQ(run({"model", "init", "--out", "w.safetensors", "model.width=8"}).exit_code, 0);
  }
  [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments) const {
    return run_yates(arguments, root_.path().string());
  }
  [[nodiscard]] static std::vector<std::string> predict(const std::string& out) {
    return {"predict",
            "--weights",
            "w.safetensors",
            "--data",
            "shards",
            "--out",
            out,
            "--tta",
            "none",
            "model.width=8",
            "data.patch=[32,32,32]"};
  }
  /// The bytes of every label map by its name.
  [[nodiscard]] std::map<std::string, std::string> label_maps(const std::string& out) const {
    std::map<std::string, std::string> maps;
    for (const auto& entry : fs::directory_iterator(root_ / out)) {
      if (entry.path().extension() == ".gz") {
        maps[entry.path().filename().string()] = read_file(entry.path());
      }
    }
    return maps;
  }
  [[nodiscard]] const TemporaryDirectory& root() const { return root_; }

 private:
  TemporaryDirectory root_;
};

TEST_F(PredictRanks, GiveTheSameLabelMapsAsOneProcess) {
  const CommandResult alone = run(predict("one"));
  ASSERT_EQ(alone.exit_code, 0) << alone.error;
  const auto expected = label_maps("one");
  ASSERT_EQ(expected.size(), 5U);
  for (const int ranks : {2, 3}) {
    const std::string out = "out" + std::to_string(ranks);
    const CommandResult result = run_yates_ranks(ranks, predict(out), root().path().string());
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(label_maps(out), expected);
    EXPECT_NE(result.output.find("5 label maps written"), std::string::npos) << result.output;
    EXPECT_EQ(result.output.find("label maps written"), result.output.rfind("label maps written"));
  }
}

/// The number behind `words` in a text.
double number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + words.size()));
}

TEST_F(PredictRanks, StaysWithinTheMemoryThatIsStatedBeforeTheStart) {
  for (const std::string patch : {"32", "64"}) {
    std::vector<std::string> arguments = predict("out" + patch);
    arguments.back() = "data.patch=[" + patch + "," + patch + "," + patch + "]";
    arguments.push_back("--probabilities");
    const CommandResult result = run(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.error;
    const double stated = number_after(result.output, "memory: at most ");
    const double peak = number_after(result.output, "peak memory ") * 1024 * 1024;
    EXPECT_GT(peak, 0) << result.output;
    EXPECT_LE(peak, stated) << result.output;
    EXPECT_LT(stated, 2 * peak) << result.output;
  }
}

TEST_F(PredictRanks, ReferenceHalfSaysHowManyVoxelsItChanges) {
  std::vector<std::string> arguments = predict("half");
  arguments.insert(arguments.end(), {"--blend", "reference_half"});
  const CommandResult result = run(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  std::int64_t differ = 0;
  std::int64_t files = 0;
  for (const auto& entry : fs::directory_iterator(root() / "half/reference_half")) {
    differ += read_json(entry.path())["differ"].get<std::int64_t>();
    ++files;
  }
  EXPECT_EQ(files, 5);
  EXPECT_EQ(number_after(result.output, "reference_half: "), static_cast<double>(differ))
      << result.output;
}

TEST_F(PredictRanks, TellAMistakeOnceAndEnd) {
  std::vector<std::string> arguments = predict("out");
  arguments[2] = "absent.safetensors";
  const CommandResult result = run_yates_ranks(2, arguments, root().path().string());
  EXPECT_EQ(result.exit_code, 66) << result.error;
  const std::size_t first = result.error.find("absent.safetensors");
  EXPECT_NE(first, std::string::npos);
  EXPECT_FALSE(fs::exists(root() / "out"));
}

TEST_F(PredictRanks, MoreRanksThanCasesEndInOrder) {
  std::vector<std::string> arguments = predict("out");
  ASSERT_EQ(run_yates_ranks(1, arguments, root().path().string()).exit_code, 0);
  const auto before = label_maps("out");
  const std::string gone = before.begin()->first;
  fs::remove(root() / "out" / gone);
  const CommandResult result = run_yates_ranks(3, arguments, root().path().string());
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(label_maps("out"), before);
}

#ifdef YATES_FAULTS
TEST_F(PredictRanks, ContinueCaseByCaseAfterAKill) {
  ASSERT_EQ(run(predict("whole")).exit_code, 0);
  std::vector<std::string> arguments = {YATES_BINARY};
  for (const std::string& word : predict("out")) {
    arguments.push_back(word);
  }
  const CommandResult killed = run_command(
      arguments, root().path().string(), {"YATES_FAULT=point=predict.after_case,action=kill"});
  EXPECT_EQ(killed.exit_code, 137);
  ASSERT_EQ(label_maps("out").size(), 1U);
  const std::string first = label_maps("out").begin()->first;
  const auto written = fs::last_write_time(root() / "out" / first);
  const CommandResult unpublished = run_command(
      arguments, root().path().string(), {"YATES_FAULT=point=predict.before_publish,action=kill"});
  EXPECT_EQ(unpublished.exit_code, 137);
  EXPECT_EQ(label_maps("out").size(), 1U);
  const CommandResult again = run(predict("out"));
  EXPECT_EQ(again.exit_code, 0) << again.error;
  EXPECT_NE(again.output.find("1 finished already"), std::string::npos) << again.output;
  EXPECT_EQ(label_maps("out"), label_maps("whole"));
  EXPECT_EQ(fs::last_write_time(root() / "out" / first), written);
}
#endif

TEST_F(PredictRanks, RoiOfTheLabelsSaysWhatItSavesAndCuts) {
  std::vector<std::string> arguments = predict("out");
  arguments.insert(arguments.end(), {"--roi", "labels", "--roi-compare", "--probabilities"});
  const CommandResult result = run(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  for (const auto& [name, bytes] : label_maps("out")) {
    const std::string id = name.substr(0, name.find('.'));
    const Json roi = read_json(root() / ("out/roi/" + id + ".json"));
    EXPECT_EQ(roi["tumour_outside_box"], 0);
    EXPECT_GE(roi["theoretical_speedup"].get<double>(), 1.0);
    EXPECT_GT(roi["speedup"].get<double>(), 0.0);
    EXPECT_TRUE(roi["dice_difference"]["WT"].is_number());
    EXPECT_TRUE(fs::exists(root() / ("out/probabilities/" + name)));
  }
  const CommandResult evaluate =
      run({"evaluate", "--predictions", "out", "--references", "cases", "--out", "cases.csv"});
  EXPECT_EQ(evaluate.exit_code, 0) << evaluate.error;
}

TEST_F(PredictRanks, RoiOfTheForegroundHeadNeedsTheHead) {
  std::vector<std::string> arguments = predict("out");
  arguments.insert(arguments.end(), {"--roi", "fce", "--roi-compare"});
  const CommandResult without = run(arguments);
  EXPECT_EQ(without.exit_code, 78);
  EXPECT_NE(without.error.find("no foreground head"), std::string::npos) << without.error;
  ASSERT_EQ(
      run({"model", "init", "--out", "w.safetensors", "model.width=8", "model.fce.enabled=true"})
          .exit_code,
      0);
  arguments.push_back("model.fce.enabled=true");
  const CommandResult with = run(arguments);
  ASSERT_EQ(with.exit_code, 0) << with.error;
  EXPECT_EQ(label_maps("out").size(), 5U);
  for (const auto& [name, bytes] : label_maps("out")) {
    const Json roi = read_json(root() / ("out/roi/" + name.substr(0, name.find('.')) + ".json"));
    EXPECT_TRUE(roi["cut_off_pct"].is_number());
  }
}

}  // namespace
}  // namespace yates::testing
