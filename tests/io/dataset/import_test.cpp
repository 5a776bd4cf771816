// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/import.hpp"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "io/dataset/box.hpp"
#include "io/image/image.hpp"
#include "io/shard/case_reader.hpp"
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
using testing::write_raw_case;

TEST_F(ImportCases, StoresTheNonzeroBoxOfEveryCase) {
  const ImportReport report = import_cases(options());
  EXPECT_EQ(files_in_out(),
            (std::vector<std::string>{"manifest.json", "shard-0000.h5", "shard-0001.h5"}));
  const Manifest manifest = read_manifest(out());
  ASSERT_EQ(manifest.cases.size(), 3U);
  EXPECT_EQ(report.refused_cases, 0);
  const CaseReader reader(out(), manifest, "b");
  const CaseRecord& record = reader.record();
  EXPECT_EQ(record.crop, (Box{{{1, 5}, {1, 6}, {2, 7}}}));
  EXPECT_EQ(record.source_shape, (std::array<std::int64_t, 3>{7, 8, 9}));
  EXPECT_EQ(record.storage, Storage::Int16);
  EXPECT_EQ(record.shard, "shard-0000.h5");
  const std::vector<float> t1n = reader.read_modality(2);
  const std::vector<std::uint8_t> labels = reader.read_labels(reader.whole());
  const std::vector<std::int16_t> source = raw_counts(2, 1);
  std::size_t i = 0;
  for (std::size_t z = 1; z < 5; ++z) {
    for (std::size_t y = 1; y < 6; ++y) {
      for (std::size_t x = 2; x < 7; ++x, ++i) {
        const std::size_t from = (z * 8 + y) * 9 + x;
        EXPECT_EQ(t1n[i], source[from]);
        EXPECT_EQ(labels[i], from % 4);
      }
    }
  }
}

TEST_F(ImportCases, DoesNotDependOnTheNumberOfJobs) {
  ImportOptions one = options();
  one.jobs = 1;
  const Manifest first = import_cases(one).manifest;
  ImportOptions many = options();
  many.jobs = 5;
  many.out = folder_ / "other";
  const Manifest second = import_cases(many).manifest;
  EXPECT_EQ(read_file(manifest_path(one.out)), read_file(manifest_path(many.out)));
  EXPECT_EQ(first.shards[1].sha256, second.shards[1].sha256);
}

TEST_F(ImportCases, StoresFloat32WhenAModalityIsNotIntegral) {
  std::vector<float> voxels(testing::kRawVoxels);
  voxels[300] = 0.25F;
  NiftiBytes(kRawShape, 16, voxels).write(raw_path(raw(), "b", "t1c"));
  const Manifest manifest = import_cases(options()).manifest;
  EXPECT_EQ(manifest.at("a").storage, Storage::Int16);
  EXPECT_EQ(manifest.at("b").storage, Storage::Float32);
  const CaseReader reader(out(), manifest, "b");
  const std::vector<float> t1c = reader.read_modality(3);
  EXPECT_EQ(std::count(t1c.begin(), t1c.end(), 0.25F), 1);
}

TEST_F(ImportCases, StoresFloat32BeyondInt16) {
  std::vector<std::int32_t> voxels(testing::kRawVoxels);
  voxels[300] = 40000;
  NiftiBytes(kRawShape, 8, voxels).write(raw_path(raw(), "b", "t1c"));
  EXPECT_EQ(import_cases(options()).manifest.at("b").storage, Storage::Float32);
}

TEST_F(ImportCases, TakesUncompressedFilesOldSuffixesAndAnyName) {
  std::filesystem::rename(raw() / "c", raw() / "My case_7");
  const char* const names[][2] = {
      {"t2w", "t2"}, {"t2f", "flair"}, {"t1n", "t1"}, {"t1c", "t1ce"}, {"seg", "seg"}};
  for (const auto& [now, before] : names) {
    const auto from = raw() / "My case_7" / (std::string("c-") + now + ".nii.gz");
    const Image image = read_image(from);
    std::filesystem::remove(from);
    write_image_int16(raw() / "My case_7" / (std::string("My case_7_") + before + ".nii"),
                      image.geometry,
                      std::vector<std::int16_t>(image.voxels.begin(), image.voxels.end()));
  }
  EXPECT_EQ(import_cases(options()).manifest.at("My case_7").label_voxels,
            import_cases(options()).manifest.at("a").label_voxels);
}

TEST_F(ImportCases, LeavesOutFoldersThatAreNoCases) {
  make_directories(raw() / "notes");
  write_file_atomic(raw() / "notes" / "readme.txt", "text");
  write_file_atomic(raw() / "README.md", "text");
  EXPECT_EQ(import_cases(options()).manifest.cases.size(), 3U);
}

TEST_F(ImportCases, KeepsACaseWithoutTumourAndAConstantModality) {
  NiftiBytes(kRawShape, 2, std::vector<std::uint8_t>(testing::kRawVoxels))
      .write(raw_path(raw(), "a", "seg"));
  NiftiBytes(kRawShape, 4, std::vector<std::int16_t>(testing::kRawVoxels))
      .write(raw_path(raw(), "a", "t1c"));
  const Manifest manifest = import_cases(options()).manifest;
  EXPECT_EQ(manifest.at("a").label_voxels, (std::array<std::int64_t, 3>{0, 0, 0}));
  EXPECT_EQ(manifest.at("a").sd[3], 0.0);
  EXPECT_EQ(CaseReader(out(), manifest, "a").read_image({{0, 0, 0}, {1, 1, 1}})[3], 0.0F);
}

TEST_F(ImportCases, CountsLabelsOutsideTheBrain) {
  std::vector<std::int16_t> hole = raw_counts(0, 0);
  std::vector<std::uint8_t> labels = raw_labels();
  const std::size_t inside = (2 * 8 + 3) * 9 + 4;
  hole[inside] = 0;
  labels[inside] = 2;
  labels[0] = 1;
  for (const char* name : {"t2w", "t2f", "t1n", "t1c"}) {
    NiftiBytes(kRawShape, 4, hole).write(raw_path(raw(), "a", name));
  }
  NiftiBytes(kRawShape, 2, labels).write(raw_path(raw(), "a", "seg"));
  const Manifest manifest = import_cases(options()).manifest;
  EXPECT_EQ(manifest.at("a").labels_outside_brain, 2);
  EXPECT_EQ(manifest.at("a").labels_outside_crop, 1);
}

TEST_F(ImportCases, KeepsAFinishedDataSetAndRefusesAnother) {
  import_cases(options());
  const std::string before = read_file(manifest_path(out()));
  EXPECT_EQ(import_cases(options()).reused_cases, 3);
  write_raw_case(raw(), "d", 9);
  expect_error(ExitCode::BadData, {"holds another data set"}, [&] { import_cases(options()); });
  EXPECT_EQ(read_file(manifest_path(out())), before);
}

TEST_F(ImportCases, TakesOverShardsAfterARefusal) {
  std::filesystem::rename(raw_path(raw(), "c", "seg"), folder_ / "seg");
  refused({"case c, seg"});
  EXPECT_EQ(files_in_out(), (std::vector<std::string>{"import.partial.json", "shard-0000.h5"}));
  std::filesystem::rename(folder_ / "seg", raw_path(raw(), "c", "seg"));
  EXPECT_EQ(import_cases(options()).reused_cases, 2);
  EXPECT_EQ(files_in_out(),
            (std::vector<std::string>{"manifest.json", "shard-0000.h5", "shard-0001.h5"}));
}

TEST_F(ImportCases, MakesAShardAgainWhenItsInputOrItsBytesChanged) {
  std::filesystem::rename(raw_path(raw(), "c", "seg"), folder_ / "seg");
  refused({"case c, seg"});
  std::filesystem::rename(folder_ / "seg", raw_path(raw(), "c", "seg"));
  std::fstream(out() / "shard-0000.h5", std::ios::in | std::ios::out | std::ios::binary)
      .seekp(3000)
      .put('x');
  EXPECT_EQ(import_cases(options()).reused_cases, 0);
}

TEST_F(ImportCases, CanBeKilledAtAnyMomentAndRunAgain) {
  ImportOptions single = options();
  single.cases_per_shard = 1;
  const Manifest expected = import_cases(single).manifest;
  single.out = folder_ / "killed";
  for (int delay_us = 0; delay_us < 60000; delay_us += 6000) {
    std::filesystem::remove_all(single.out);
    const pid_t child = ::fork();
    if (child == 0) {
      import_cases(single);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(delay_us));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (std::filesystem::exists(manifest_path(single.out))) {
      EXPECT_EQ(read_manifest(single.out).cases.size(), 3U);
    }
    const Manifest found = import_cases(single).manifest;
    ASSERT_EQ(found.shards.size(), expected.shards.size());
    for (std::size_t i = 0; i < found.shards.size(); ++i) {
      EXPECT_EQ(found.shards[i].sha256, expected.shards[i].sha256);
    }
    for (const auto& entry : std::filesystem::directory_iterator(single.out)) {
      EXPECT_FALSE(entry.path().filename().string().ends_with(".tmp")) << entry.path();
    }
  }
}

}  // namespace
}  // namespace yates::io
