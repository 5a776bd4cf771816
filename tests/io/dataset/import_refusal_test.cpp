// SPDX-License-Identifier: Apache-2.0
// What is no data set is refused, with everything that is wrong at once.
#include <limits>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/dataset/import.hpp"
#include "io/image/image.hpp"
#include "tests/io/dataset/import_cases.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/raw_cases.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::kRawShape;
using testing::NiftiBytes;
using testing::raw_counts;
using testing::raw_labels;
using testing::raw_path;

TEST_F(ImportCases, RefusesAMissingModalityAndLabelMap) {
  std::filesystem::remove(raw_path(raw(), "b", "t1n"));
  std::filesystem::remove(raw_path(raw(), "c", "seg"));
  refused({"case b, t1n: missing", "case c, seg: missing", "2 of 3 cases", "--allow-missing 2"});
}

TEST_F(ImportCases, RefusesTwoFilesForOneModality) {
  NiftiBytes(kRawShape, 4, raw_counts(0, 0)).write(raw_path(raw(), "a", "t2w", ".nii"));
  refused({"case a, t2w: two files"});
}

TEST_F(ImportCases, RefusesAnEmptyCaseFolder) {
  make_directories(raw() / "BraTS-GLI-00001-000");
  refused({"case BraTS-GLI-00001-000: the folder is empty"});
}

TEST_F(ImportCases, RefusesTruncatedAndShortFiles) {
  const std::vector<std::byte> bytes = NiftiBytes(kRawShape, 4, raw_counts(1, 0)).gzip();
  NiftiBytes::write_bytes(raw_path(raw(), "a", "t2f"), {bytes.begin(), bytes.end() - 20});
  std::filesystem::remove(raw_path(raw(), "b", "t1c"));
  NiftiBytes(kRawShape, 4, raw_counts(3, 0)).resize(700).write(raw_path(raw(), "b", "t1c", ".nii"));
  NiftiBytes(kRawShape, 2, raw_labels()).resize(600).write(raw_path(raw(), "c", "seg"));
  refused(
      {"case a, t2f: truncated", "case b, t1c: the file holds 700 bytes", "case c, seg: short"});
}

TEST_F(ImportCases, RefusesAnotherGridAmongTheFilesOfACase) {
  NiftiBytes(kRawShape, 4, raw_counts(2, 0))
      .put(292, 1.0F)
      .put(268, -1.0F)
      .write(raw_path(raw(), "a", "t1n"));
  NiftiBytes({8, 9, 7}, 4, raw_counts(3, 0)).write(raw_path(raw(), "b", "t1c"));
  NiftiBytes(kRawShape, 2, raw_labels())
      .put(88, 2.0F)
      .put(320, 2.0F)
      .write(raw_path(raw(), "c", "seg"));
  refused({"case a, t1n: another grid than t2w: origin",
           "case b, t1c: another grid than t2w: shape",
           "case c, seg: another grid than t2w: spacing"});
}

TEST_F(ImportCases, RefusesVoxelsThatAreNotFinite) {
  const std::vector<std::int16_t> counts = raw_counts(0, 0);
  std::vector<float> voxels(counts.begin(), counts.end());
  voxels[0] = std::numeric_limits<float>::quiet_NaN();
  voxels[1] = std::numeric_limits<float>::infinity();
  NiftiBytes(kRawShape, 16, voxels).write(raw_path(raw(), "a", "t2w"));
  refused({"case a, t2w: 2 voxels are NaN or infinite"});
}

TEST_F(ImportCases, RefusesLabelsThatAreNotWholeOrUnknown) {
  std::vector<float> voxels(testing::kRawVoxels);
  voxels[300] = 1.5F;
  NiftiBytes(kRawShape, 16, voxels).write(raw_path(raw(), "a", "seg"));
  voxels[300] = 7;
  NiftiBytes(kRawShape, 16, voxels).write(raw_path(raw(), "b", "seg"));
  refused({"case a, seg: 1 voxels are no label, e.g. 1.5", "case b, seg: unknown labels", "7: 1"});
}

TEST_F(ImportCases, RefusesLabel4UnlessItIsBrats2021) {
  std::vector<std::uint8_t> labels = raw_labels();
  std::replace(labels.begin(), labels.end(), std::uint8_t{3}, std::uint8_t{4});
  NiftiBytes(kRawShape, 2, labels).write(raw_path(raw(), "b", "seg"));
  refused({"case b, seg: unknown labels", "4: 28", "--labels brats2021"});
  ImportOptions old = options();
  old.labels = LabelConvention::Brats2021;
  const Manifest manifest = import_cases(old).manifest;
  EXPECT_EQ(manifest.at("b").label_voxels, manifest.at("a").label_voxels);
}

TEST_F(ImportCases, RefusesLabels3And4InOneMap) {
  std::vector<std::uint8_t> labels = raw_labels();
  labels[300] = 4;
  NiftiBytes(kRawShape, 2, labels).write(raw_path(raw(), "b", "seg"));
  ImportOptions old = options();
  old.labels = LabelConvention::Brats2021;
  expect_error(ExitCode::BadData, {"case b, seg: labels 3 and 4"}, [&] { import_cases(old); });
}

TEST_F(ImportCases, LeavesNoFolderBehindWhenNothingIsKept) {
  for (const char* id : {"a", "c"}) {
    std::filesystem::remove(raw_path(raw(), id, "seg"));
  }
  refused({"case a, seg", "case c, seg"});
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ImportCases, RefusesAnAllZeroCase) {
  for (const char* name : {"t2w", "t2f", "t1n", "t1c"}) {
    NiftiBytes(kRawShape, 4, std::vector<std::int16_t>(testing::kRawVoxels))
        .write(raw_path(raw(), "a", name));
  }
  refused({"case a: every voxel of all modalities is 0"});
}

TEST_F(ImportCases, ReportsEveryCaseAndGoesOnWhenAllowed) {
  std::filesystem::remove(raw_path(raw(), "a", "t1n"));
  NiftiBytes(kRawShape, 2, raw_labels()).resize(600).write(raw_path(raw(), "c", "seg"));
  ImportOptions allowed = options();
  allowed.allow_missing = 1;
  expect_error(ExitCode::BadData, {"case a, t1n", "case c, seg", "at most 1 refused"}, [&] {
    import_cases(allowed);
  });
  EXPECT_FALSE(std::filesystem::exists(manifest_path(out())));
  allowed.allow_missing = 2;
  const ImportReport report = import_cases(allowed);
  EXPECT_EQ(report.refused_cases, 2);
  EXPECT_EQ(report.refused.size(), 2U);
  ASSERT_EQ(report.manifest.cases.size(), 1U);
  EXPECT_EQ(report.manifest.cases[0].id, "b");
}

TEST_F(ImportCases, RefusesADataSetWithoutAnyCase) {
  ImportOptions all = options();
  all.allow_missing = 3;
  for (const char* id : {"a", "b", "c"}) {
    std::filesystem::remove(raw_path(raw(), id, "t1n"));
  }
  expect_error(ExitCode::BadData, {"3 of 3 cases"}, [&] { import_cases(all); });
}

TEST_F(ImportCases, NamesMissingAndEmptyInputFolders) {
  ImportOptions wrong = options();
  wrong.in = folder_ / "gone";
  expect_error(ExitCode::InputMissing, {"gone"}, [&] { import_cases(wrong); });
  EXPECT_FALSE(std::filesystem::exists(out()));
  make_directories(folder_ / "empty");
  wrong.in = folder_ / "empty";
  expect_error(ExitCode::BadData, {"no case in this folder"}, [&] { import_cases(wrong); });
}

}  // namespace
}  // namespace yates::io
