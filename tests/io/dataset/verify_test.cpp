// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/verify.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/dataset/import.hpp"
#include "io/shard/equal_images.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/raw_cases.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::TemporaryDirectory;
using testing::write_raw_case;

/// Two imported cases, one per shard.
class VerifyDataSet : public ::testing::Test {
 protected:
  VerifyDataSet() {
    write_raw_case(folder_ / "raw", "a", 1);
    write_raw_case(folder_ / "raw", "b", 2);
    manifest_ = import_cases({.in = folder_ / "raw", .out = data(), .cases_per_shard = 1}).manifest;
  }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }

  /// The only problem found must hold `words`.
  void found(const std::vector<std::string>& words) const {
    const VerifyReport report = verify_data_set(data());
    ASSERT_EQ(report.problems.size(), 1U) << verify_to_json(report).dump(1);
    for (const std::string& word : words) {
      EXPECT_NE(to_string(report.problems[0]).find(word), std::string::npos)
          << word << " in " << to_string(report.problems[0]);
    }
  }
  void write(const Manifest& manifest) const { write_manifest(data(), manifest); }

  TemporaryDirectory folder_;
  Manifest manifest_;
};

TEST_F(VerifyDataSet, FindsNothingInAWholeOne) {
  const VerifyReport report = verify_data_set(data(), 2);
  EXPECT_TRUE(report.problems.empty()) << verify_to_json(report).dump(1);
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_EQ(report.cases, 2);
  EXPECT_EQ(report.shards, 2);
  EXPECT_EQ(report.bytes, manifest_.shards[0].bytes + manifest_.shards[1].bytes);
  EXPECT_EQ(verify_to_json(report)["ok"], true);
}

TEST_F(VerifyDataSet, FindsEveryFlippedByte) {
  const auto path = data() / "shard-0001.h5";
  const std::string whole = read_file(path);
  for (std::size_t at = 0; at < whole.size(); at += 307) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x40);
    write_file_atomic(path, broken);
    EXPECT_FALSE(verify_data_set(data()).problems.empty()) << at;
  }
}

TEST_F(VerifyDataSet, ListsAllProblems) {
  std::filesystem::remove(data() / "shard-0000.h5");
  std::filesystem::resize_file(data() / "shard-0001.h5", 5000);
  const VerifyReport report = verify_data_set(data());
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_NE(report.problems[0].where.find("shard-0000.h5"), std::string::npos);
  EXPECT_NE(report.problems[1].what.find("5000 bytes"), std::string::npos);
}

TEST_F(VerifyDataSet, FindsManifestsThatContradictTheData) {
  Manifest changed = manifest_;
  changed.cases[0].label_voxels[1] += 1;
  write(changed);
  found({"case a", "voxels of label 2"});
  changed = manifest_;
  changed.cases[1].mean[2] *= 1.001;
  write(changed);
  found({"case b", "mean"});
  changed = manifest_;
  changed.shards[0].sha256[5] = changed.shards[0].sha256[5] == '0' ? '1' : '0';
  write(changed);
  found({"SHA-256", "shard-0000.h5"});
  changed = manifest_;
  changed.cases[0].direction[0] = 0.5;
  write(changed);
  found({"case a", "orthonormal"});
  changed = manifest_;
  changed.cases.pop_back();
  write(changed);
  found({"case b is in the shard, but not in the manifest"});
}

TEST_F(VerifyDataSet, WarnsOfStrayShards) {
  std::filesystem::copy_file(data() / "shard-0000.h5", data() / "shard-0007.h5");
  const VerifyReport report = verify_data_set(data());
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.warnings, std::vector<std::string>{"shard-0007.h5 is not in the manifest"});
}

TEST(VerifyDuplicates, AreFoundByContent) {
  const TemporaryDirectory folder;
  testing::write_small_data_set(folder.path(), {{"one", {3, 4, 5}}, {"two", {3, 4, 5}}});
  const VerifyReport report = verify_data_set(folder.path());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].what, "cases one and two have the same images");
}

TEST(VerifyDuplicates, NameTheImagesThatAreSharedOrCopied) {
  const TemporaryDirectory folder;
  const auto raw = folder / "raw";
  write_raw_case(raw, "BraTS-GLI-00001-000", 1);
  write_raw_case(raw, "BraTS-GLI-00001-001", 2);
  write_raw_case(raw, "BraTS-GLI-00002-000", 3);
  const auto copy = [&](const char* from, const char* part, const char* to, const char* onto) {
    std::filesystem::copy_file(testing::raw_path(raw, from, part),
                               testing::raw_path(raw, to, onto),
                               std::filesystem::copy_options::overwrite_existing);
  };
  copy("BraTS-GLI-00001-000", "t2f", "BraTS-GLI-00002-000", "t2f");
  copy("BraTS-GLI-00001-001", "t1n", "BraTS-GLI-00001-001", "t1c");
  import_cases({.in = raw, .out = folder / "data"});
  const VerifyReport report = verify_data_set(folder / "data");
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(
      report.warnings,
      (std::vector<std::string>{"case BraTS-GLI-00001-001: t1n and t1c are the same image",
                                "cases BraTS-GLI-00001-000 and BraTS-GLI-00002-000 share t2f"}));
  ASSERT_EQ(report.repeated_patients.size(), 1U);
  EXPECT_EQ(report.repeated_patients.at("00001").size(), 2U);
}

TEST(VerifyDuplicates, OfAnotherPatientAreFlaggedForTheSplit) {
  const TemporaryDirectory folder;
  const Manifest manifest = testing::write_small_data_set(
      folder.path(),
      {{"BraTS-GLI-00001-000", {3, 4, 5}}, {"BraTS-GLI-00001-001", {3, 4, 5}}, {"x", {3, 4, 5}}});
  const std::vector<EqualImages> found = find_equal_images(manifest);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(found[0].other_patient);
  EXPECT_TRUE(found[1].other_patient);
  EXPECT_TRUE(found[1].whole());
}

TEST(VerifyLabels, AreFromZeroToThree) {
  const TemporaryDirectory folder;
  const std::array<std::int64_t, 3> shape = {2, 3, 4};
  const std::vector<std::int16_t> counts = testing::small_counts(shape);
  CaseRecord record = testing::small_record("a", shape, counts);
  std::vector<std::uint8_t> labels = testing::small_labels(shape);
  labels[0] = 4;
  ShardWriter writer(folder.path(), "shard-0000.h5");
  writer.add(record, std::as_bytes(std::span(counts)), labels);
  Manifest manifest;
  manifest.shards.push_back(writer.publish());
  manifest.cases.push_back(record);
  write_manifest(folder.path(), manifest);
  const VerifyReport report = verify_data_set(folder.path());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_NE(report.problems[0].what.find("1 voxels of label 4"), std::string::npos);
}

}  // namespace
}  // namespace yates::io
