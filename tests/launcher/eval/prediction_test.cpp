// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction.hpp"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/case_output.hpp"
#include "launcher/eval/prediction_progress.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::eval {
namespace {

/// Says 3 where the first modality is above its mean, else 1; exact zeros say nothing.
at::Tensor threshold(const at::Tensor& window) {
  const at::Tensor first = window.narrow(1, 0, 1);
  const at::Tensor none = at::zeros_like(first);
  return at::cat({none, -first, none, first}, 1);
}

PredictionPlan planned(const PredictionRequest& request) {
  return plan_predictions(request, claim_predictions(request));
}

class PredictCases : public ::testing::Test {
 protected:
  PredictCases()
      : manifest_(
            testing::write_small_data_set(folder_.path(), {{"a", {5, 9, 7}}, {"b", {4, 4, 4}}})) {}
  [[nodiscard]] PredictionRequest request() const {
    return {.data_dir = folder_.path(),
            .out_dir = folder_ / "out",
            .cases = {"a", "b"},
            .window = {.window = {4, 4, 4}, .overlap = 0.5, .blend = BlendMode::Float32},
            .mirror = true,
            .made_with = "weights 1"};
  }
  [[nodiscard]] const testing::TemporaryDirectory& folder() const { return folder_; }

 private:
  testing::TemporaryDirectory folder_;
  io::Manifest manifest_;
};

TEST_F(PredictCases, PutsLabelsIntoTheSourceGrid) {
  predict_cases(request(), planned(request()), threshold);
  const io::LabelMap map = io::read_label_map(folder() / "out/a.nii.gz");
  ASSERT_EQ(map.geometry.shape, (Size3{8, 12, 10}));
  const auto counts = testing::small_counts({5, 9, 7});
  double sum = 0;
  for (std::size_t i = 0; i < 315; ++i) {
    sum += counts[i];
  }
  std::size_t stored = 0;
  for (std::int64_t z = 0; z < 8; ++z) {
    for (std::int64_t y = 0; y < 12; ++y) {
      for (std::int64_t x = 0; x < 10; ++x) {
        const bool inside = z >= 1 && z < 6 && y >= 1 && y < 10 && x >= 1 && x < 8;
        int expected = 0;
        if (inside) {
          expected = counts[stored++] > sum / 315 ? 3 : 1;
        }
        EXPECT_EQ(map.voxels[static_cast<std::size_t>((z * 12 + y) * 10 + x)], expected);
      }
    }
  }
}

TEST_F(PredictCases, ContinuesWithTheCasesThatAreMissing) {
  predict_cases(request(), planned(request()), threshold);
  std::filesystem::remove(folder() / "out/b.nii.gz");
  const PredictionPlan plan = planned(request());
  EXPECT_EQ(plan.finished, 1);
  EXPECT_EQ(plan.cases, (std::vector<std::string>{"b"}));
  EXPECT_EQ(plan.windows, 8);
}

TEST_F(PredictCases, CountsWindowsAndBytesOfTheLargestCase) {
  const PredictionPlan plan = planned(request());
  EXPECT_EQ(plan.windows, 8 * (2 * 4 * 3 + 1));
  EXPECT_EQ(plan.volume_bytes, 315 * 4 * (4 + 5 + 12));
}

TEST_F(PredictCases, EveryCaseBelongsToOneShare) {
  const std::vector<std::string> open_cases = claim_predictions(request());
  const PredictionPlan first = plan_predictions(request(), open_cases, {.rank = 0, .ranks = 2});
  const PredictionPlan second = plan_predictions(request(), open_cases, {.rank = 1, .ranks = 2});
  const PredictionPlan third = plan_predictions(request(), open_cases, {.rank = 2, .ranks = 3});
  EXPECT_EQ(first.cases, (std::vector<std::string>{"a"}));
  EXPECT_EQ(second.cases, (std::vector<std::string>{"b"}));
  EXPECT_EQ(first.windows, second.windows);
  EXPECT_EQ(first.others[0].first, "b");
  EXPECT_TRUE(third.cases.empty());
}

TEST_F(PredictCases, ProbabilitiesLieBesideAndCountForContinuing) {
  PredictionRequest with = request();
  with.probabilities = true;
  predict_cases(with, planned(with), threshold);
  EXPECT_TRUE(std::filesystem::exists(folder() / "out/probabilities/a.nii.gz"));
  std::filesystem::remove(folder() / "out/probabilities/b.nii.gz");
  EXPECT_EQ(planned(with).cases, (std::vector<std::string>{"b"}));
  EXPECT_TRUE(planned(request()).cases.empty());
}

TEST_F(PredictCases, RefusesAFolderOfOtherWeights) {
  (void)planned(request());
  PredictionRequest other = request();
  other.made_with = "weights 2";
  testing::expect_error(ExitCode::BadData, {"made with weights 1"}, [&] { (void)planned(other); });
}

/// Labels 1 and 2 lie nearer to each other than half precision can tell.
at::Tensor near_ties(const at::Tensor& window) {
  const at::Tensor first = window.narrow(1, 0, 1);
  const at::Tensor none = at::zeros_like(first);
  return at::cat({none, first, first * 1.0001, none}, 1);
}

TEST_F(PredictCases, ReferenceHalfCountsTheLabelsThatItChanges) {
  PredictionRequest exact = request();
  predict_cases(exact, planned(exact), near_ties);
  PredictionRequest half = request();
  half.out_dir = folder() / "half";
  half.window.blend = BlendMode::ReferenceHalf;
  half.window.beside_float32 = true;
  predict_cases(half, planned(half), near_ties);
  std::int64_t all = 0;
  for (const std::string& id : half.cases) {
    const auto a = io::read_label_map(label_map_path(exact, id)).voxels;
    const auto b = io::read_label_map(label_map_path(half, id)).voxels;
    std::int64_t differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      differ += a[i] != b[i] ? 1 : 0;
    }
    const Json outcome = read_json(half.out_dir / "reference_half" / (id + ".json"));
    EXPECT_EQ(outcome["differ"], differ);
    EXPECT_EQ(outcome["voxels"], id == "a" ? 315 : 64);
    all += differ;
  }
  EXPECT_GT(all, 0);
  std::filesystem::remove(half.out_dir / "reference_half" / "b.json");
  EXPECT_EQ(planned(half).cases, (std::vector<std::string>{"b"}));
}

TEST_F(PredictCases, ProgressWeighsACaseByItsPlanHoweverManyWindowsItNeeds) {
  PredictionPlan plan;
  plan.windows = 160;
  plan.others = {{"a", 52}};
  const PredictionRequest asked = request();
  PredictionProgress progress(asked, plan);
  progress.begin_case("b", 100);
  progress.expect(10);
  for (int i = 0; i < 5; ++i) {
    progress.window();
  }
  EXPECT_EQ(progress.done(), 50);
  progress.expect(8);
  EXPECT_EQ(progress.done(), 62);
  progress.end_case();
  EXPECT_EQ(progress.done(), 100);
  make_directories(asked.out_dir);
  write_file_atomic(label_map_path(asked, "a"), "of another process");
  EXPECT_EQ(progress.done(), 152);
}

TEST_F(PredictCases, NamesEveryUnknownCase) {
  PredictionRequest unknown = request();
  unknown.cases = {"a", "c", "d"};
  try {
    (void)planned(unknown);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 2U);
  }
  EXPECT_FALSE(std::filesystem::exists(folder() / "out"));
}

}  // namespace
}  // namespace yates::eval
