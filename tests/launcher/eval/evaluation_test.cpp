// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/evaluation.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/cases_table.hpp"
#include "launcher/eval/error_figure.hpp"
#include "launcher/eval/summary.hpp"
#include "launcher/eval/worst_figures.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

/// A map of 6 x 7 x 8 voxels with a box of `label` in it.
io::LabelMap box_map(std::uint8_t label) {
  io::LabelMap map;
  map.geometry.shape = {6, 7, 8};
  map.geometry.origin = {0, -239, 0};
  map.voxels.assign(336, 0);
  for (std::size_t voxel = 100; voxel < 160; ++voxel) {
    map.voxels[voxel] = label;
  }
  return map;
}

class EvaluateFolders : public ::testing::Test {
 protected:
  EvaluateFolders() {
    fs::create_directories(directory_ / "pred");
    fs::create_directories(directory_ / "ref");
  }
  void write(const std::string& name, const io::LabelMap& map) const {
    fs::create_directories((directory_ / name).parent_path());
    io::write_label_map(directory_ / name, map);
  }
  [[nodiscard]] Evaluation evaluate(LabelSet labels = LabelSet::Brats2023,
                                    std::int64_t jobs = 1) const {
    EvaluationRequest request{.predictions = directory_ / "pred",
                              .references = directory_ / "ref",
                              .conventions = conventions_named("all"),
                              .labels = labels,
                              .prediction_labels = std::nullopt,
                              .cases = std::nullopt,
                              .jobs = jobs};
    return evaluate_folders(request, [](std::int64_t, std::int64_t) {});
  }
  /// The text of all findings; empty if there were none.
  [[nodiscard]] std::string findings(LabelSet labels = LabelSet::Brats2023) const {
    try {
      (void)evaluate(labels);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::BadData);
      return error.what();
    }
  }
  [[nodiscard]] const testing::TemporaryDirectory& directory() const { return directory_; }

 private:
  testing::TemporaryDirectory directory_;
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(EvaluateFolders, PairsFlatFilesSegFilesAndCaseFolders) {
  for (const char* name : {"pred/A.nii.gz",
                           "pred/B.nii.gz",
                           "pred/C.nii.gz",
                           "ref/A.nii.gz",
                           "ref/B-seg.nii.gz",
                           "ref/C/C-seg.nii.gz",
                           "ref/C/C-t1c.nii.gz"}) {
    write(name, box_map(1));
  }
  const Evaluation evaluation = evaluate();
  ASSERT_EQ(evaluation.cases.size(), 3U);
  for (const CaseResult& result : evaluation.cases) {
    EXPECT_EQ(result.metrics.regions[0].overlap.tp, 60);
  }
  EXPECT_EQ(evaluation.cases[2].case_id, "C");
}

TEST_F(EvaluateFolders, ListsEveryFindingAtOnce) {
  for (const char* name : {"pred/extra.nii.gz",
                           "pred/twice.nii.gz",
                           "pred/twice-seg.nii.gz",
                           "pred/shifted.nii.gz",
                           "pred/unknown.nii.gz",
                           "ref/shifted.nii.gz",
                           "ref/twice.nii.gz",
                           "ref/unknown.nii.gz",
                           "ref/absent.nii.gz"}) {
    write(name, box_map(3));
  }
  io::LabelMap shifted = box_map(3);
  shifted.geometry.origin = {0, 0, 0};
  write("pred/shifted.nii.gz", shifted);
  write("pred/unknown.nii.gz", box_map(7));
  const std::string text = findings();
  EXPECT_TRUE(mentions(text, "prediction of case extra has no reference")) << text;
  EXPECT_TRUE(mentions(text, "two label maps of case twice")) << text;
  EXPECT_TRUE(mentions(text, "no prediction of case absent")) << text;
  EXPECT_TRUE(mentions(text, "different grids")) << text;
  EXPECT_TRUE(mentions(text, "unknown labels: 7 (60 voxels)")) << text;
}

TEST_F(EvaluateFolders, ExpectsTheCasesThatPredictDeclares) {
  for (const char* name : {"pred/A.nii.gz", "ref/A.nii.gz", "ref/B.nii.gz", "ref/C.nii.gz"}) {
    write(name, box_map(1));
  }
  EXPECT_TRUE(mentions(findings(), "no prediction of case B"));
  write_json(directory() / "pred/predictions.json", {{"cases", {"A"}}});
  EXPECT_EQ(evaluate().cases.size(), 1U);
  EXPECT_EQ(evaluate().other_references, 2);
  write_json(directory() / "pred/predictions.json", {{"cases", {"A", "B"}}});
  EXPECT_TRUE(mentions(findings(), "no prediction of case B"));
  write("pred/B.nii.gz", box_map(1));
  write("pred/C.nii.gz", box_map(1));
  EXPECT_TRUE(mentions(findings(), "prediction of case C is not declared"));
}

TEST_F(EvaluateFolders, RefusesAnotherShape) {
  write("ref/A.nii.gz", box_map(1));
  io::LabelMap larger = box_map(1);
  larger.geometry.shape = {6, 7, 9};
  larger.voxels.resize(378);
  write("pred/A.nii.gz", larger);
  EXPECT_TRUE(mentions(findings(), "different grids"));
}

TEST_F(EvaluateFolders, RefusesEmptyAndMissingFolders) {
  EXPECT_TRUE(mentions(findings(), "no predictions in this folder"));
  EXPECT_TRUE(mentions(findings(), "no references in this folder"));
  fs::remove(directory() / "ref");
  try {
    (void)evaluate();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::InputMissing);
  }
}

TEST_F(EvaluateFolders, RefusesAFileThatIsNoImage) {
  write("ref/A.nii.gz", box_map(1));
  std::ofstream(directory() / "pred/A.nii.gz") << "not an image";
  EXPECT_TRUE(mentions(findings(), "A.nii.gz"));
}

TEST_F(EvaluateFolders, ReadsLabelFourOnlyWhenAskedTo) {
  write("pred/A.nii.gz", box_map(3));
  write("ref/A.nii.gz", box_map(4));
  EXPECT_TRUE(mentions(findings(), "--labels brats2021"));
  const Evaluation evaluation = evaluate(LabelSet::Brats2021);
  EXPECT_EQ(evaluation.cases[0].metrics.regions[2].overlap.tp, 60);
  EXPECT_EQ(evaluation.converted_files, 1);
}

TEST_F(EvaluateFolders, RefusesLabelsThreeAndFourInOneFile) {
  io::LabelMap mixed = box_map(3);
  mixed.voxels[5] = 4;
  write("pred/A.nii.gz", mixed);
  write("ref/A.nii.gz", box_map(4));
  EXPECT_TRUE(mentions(findings(LabelSet::Brats2021), "unknown labels: 3 (60 voxels)"));
}

TEST_F(EvaluateFolders, TableDoesNotDependOnTheNumberOfJobs) {
  for (int i = 0; i < 5; ++i) {
    const std::string id = "case" + std::to_string(i);
    io::LabelMap pred = box_map(2);
    pred.voxels[static_cast<std::size_t>(i)] = 3;
    write("pred/" + id + ".nii.gz", pred);
    write("ref/" + id + ".nii.gz", box_map(2));
  }
  const std::string table = cases_csv(evaluate(LabelSet::Brats2023, 1));
  EXPECT_EQ(cases_csv(evaluate(LabelSet::Brats2023, 3)), table);
  const CsvTable parsed = parse_csv(table, "cases.csv");
  EXPECT_EQ(parsed.rows.size(), 5U * 5U * 4U);
  EXPECT_EQ(parsed.header.size(), 15U);
  EXPECT_EQ(parsed.rows[3][1], "mean");
  const std::size_t dice = parsed.column("dice");
  const double sum = parsed.number(0, dice) + parsed.number(1, dice) + parsed.number(2, dice);
  EXPECT_DOUBLE_EQ(parsed.number(3, dice), sum / 3.0);
}

TEST_F(EvaluateFolders, SummaryCountsEmptyMasksBesideEveryMean) {
  write("pred/A.nii.gz", box_map(2));
  write("ref/A.nii.gz", box_map(2));
  write("pred/B.nii.gz", box_map(0));
  write("ref/B.nii.gz", box_map(3));
  const auto summaries = summarise(evaluate());
  const RegionSummary& et = summaries[0].regions[2];
  EXPECT_EQ(et.both_empty, 1);
  EXPECT_EQ(et.pred_empty, 1);
  EXPECT_EQ(et.ref_empty, 0);
  EXPECT_EQ(et.dice.n, 2);
  EXPECT_EQ(et.failed, 2);
  const RegionSummary& medpy_wt = summaries[2].regions[0];
  EXPECT_EQ(medpy_wt.hd95_mm.n, 1);
  EXPECT_EQ(medpy_wt.hd95_mm.undefined, 1);
}

TEST_F(EvaluateFolders, ReadsNnunetLabelsWhenAskedOrDeclared) {
  io::LabelMap theirs = box_map(2);
  theirs.voxels[100] = 1;
  io::LabelMap ours = box_map(1);
  ours.voxels[100] = 2;
  write("pred/A.nii.gz", theirs);
  write("ref/A.nii.gz", ours);
  EXPECT_TRUE(evaluate().looks_exchanged);
  EvaluationRequest request{.predictions = directory() / "pred",
                            .references = directory() / "ref",
                            .conventions = conventions_named("segmamba"),
                            .labels = LabelSet::Brats2023,
                            .prediction_labels = LabelSet::Nnunet,
                            .cases = std::nullopt};
  const Evaluation right = evaluate_folders(request, [](std::int64_t, std::int64_t) {});
  EXPECT_FALSE(right.looks_exchanged);
  EXPECT_EQ(right.cases[0].metrics.regions[1].overlap.tp, 59);
  EXPECT_EQ(right.cases[0].metrics.regions[1].overlap.fp, 0);
}

TEST_F(EvaluateFolders, FindsTheDeclaredLabelSetOrRefuses) {
  const auto declared = [&](const Json& labels) {
    write_json(directory() / "pred/dataset.json", {{"labels", labels}});
    return declared_label_set(directory() / "pred");
  };
  EXPECT_EQ(declared_label_set(directory() / "ref"), std::nullopt);
  EXPECT_EQ(declared({{"background", 0}, {"whole", {1, 2, 3}}, {"core", {2, 3}}, {"et", {3}}}),
            LabelSet::Nnunet);
  EXPECT_EQ(declared({{"background", 0}, {"NCR", 1}, {"ED", 2}, {"ET", 3}}), LabelSet::Brats2023);
  EXPECT_EQ(declared({{"background", 0}, {"edema", 2}, {"necrosis", 1}, {"enhancing", 4}}),
            LabelSet::Brats2021);
  testing::expect_error(ExitCode::BadData, {"none of the known sets", "--labels"}, [&] {
    (void)declared({{"background", 0}, {"liver", 1}});
  });
}

TEST_F(EvaluateFolders, PassesOverProbabilitiesAndRegionsOfInterest) {
  write("pred/A.nii.gz", box_map(1));
  write("ref/A.nii.gz", box_map(1));
  write("pred/probabilities/A.nii.gz", box_map(1));
  fs::create_directories(directory() / "pred/roi");
  EXPECT_EQ(evaluate().cases.size(), 1U);
}

TEST_F(EvaluateFolders, DrawsTheWorstErrorOfTheWorstCases) {
  io::LabelMap far = box_map(3);
  far.voxels[5] = 3;
  write("pred/A.nii.gz", far);
  write("ref/A.nii.gz", box_map(3));
  const WorstError worst = find_worst_error(far, box_map(3));
  EXPECT_EQ(worst.voxel, (kernels::Shape3{0, 0, 5}));
  EXPECT_EQ(worst.region, Region::WT);
  EXPECT_DOUBLE_EQ(worst.distance_mm, 2.0);
  EvaluationRequest request{.predictions = directory() / "pred",
                            .references = directory() / "ref",
                            .conventions = conventions_named("segmamba"),
                            .prediction_labels = std::nullopt,
                            .cases = std::nullopt};
  const Evaluation evaluation = evaluate_folders(request, [](std::int64_t, std::int64_t) {});
  const auto files =
      write_worst_figures(evaluation, request, directory() / "ref", directory() / "figures");
  ASSERT_EQ(files.size(), 1U);
  const std::string svg = read_file(files[0]);
  EXPECT_TRUE(mentions(svg, "worst error: WT at z, y, x = 0, 0, 5"));
  EXPECT_TRUE(mentions(svg, "stroke=\"#a5f3fc\""));
  EXPECT_FALSE(mentions(svg, "\"\""));
  EXPECT_TRUE(std::isinf(find_worst_error(box_map(0), box_map(1)).distance_mm));
}

}  // namespace
}  // namespace yates::eval
