// SPDX-License-Identifier: Apache-2.0
#include "io/shard/manifest.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

class ManifestFile : public ::testing::Test {
 protected:
  ManifestFile() {
    testing::write_small_data_set(folder_.path(), {{"a", {3, 4, 5}}, {"b", {6, 2, 3}}});
    json_ = read_json(manifest_path(folder_.path()));
  }
  void refused(const Json& json, const std::string& word) const {
    write_json(manifest_path(folder_.path()), json);
    expect_error(
        ExitCode::BadData, {word, "manifest.json"}, [&] { read_manifest(folder_.path()); });
  }

  TemporaryDirectory folder_;
  Json json_;
};

TEST_F(ManifestFile, RoundTripsEveryField) {
  const Manifest manifest = read_manifest(folder_.path());
  write_manifest(folder_.path(), manifest);
  EXPECT_EQ(read_json(manifest_path(folder_.path())), json_);
  EXPECT_EQ(manifest.cases[1].id, "b");
  EXPECT_EQ(manifest.cases[1].crop[0], (std::array<std::int64_t, 2>{1, 7}));
}

TEST_F(ManifestFile, HasTheKeysOfTheContract) {
  EXPECT_EQ(json_["schema"], 1);
  for (const char* key : {"id",
                          "patient",
                          "shard",
                          "shape",
                          "source_shape",
                          "crop",
                          "spacing_mm",
                          "origin",
                          "direction",
                          "storage",
                          "mean",
                          "sd",
                          "crc32c",
                          "label_voxels"}) {
    EXPECT_TRUE(json_["cases"][0].contains(key)) << key;
  }
  for (const char* key : {"file", "bytes", "sha256"}) {
    EXPECT_TRUE(json_["shards"][0].contains(key)) << key;
  }
}

TEST_F(ManifestFile, RefusesAnotherSchema) {
  Json json = json_;
  json["schema"] = 2;
  refused(json, "schema 2");
}

TEST_F(ManifestFile, RefusesMissingAndMistypedKeys) {
  for (const auto& [key, value] : json_["cases"][1].items()) {
    if (key.starts_with("labels_outside")) {
      continue;
    }
    Json json = json_;
    json["cases"][1].erase(key);
    refused(json, "'" + key + "'");
  }
  Json json = json_;
  json["cases"][0]["mean"] = {1, 2, 3};
  refused(json, "'mean'");
  json = json_;
  json["cases"][0]["sd"][2] = "x";
  refused(json, "'sd'");
}

TEST_F(ManifestFile, RefusesContradictions) {
  Json json = json_;
  json["cases"][0]["crop"][1] = {1, 6};
  refused(json, "contradict");
  json = json_;
  json["cases"][0]["source_shape"][2] = 4;
  refused(json, "contradict");
  json = json_;
  json["cases"][1]["id"] = "a";
  refused(json, "case 'a' is listed twice");
  json = json_;
  json["cases"][1]["shard"] = "gone.h5";
  refused(json, "'gone.h5', which is not listed");
  json = json_;
  json["cases"][1]["id"] = "../b";
  refused(json, "case id '../b'");
  json = json_;
  json["cases"][1]["storage"] = "float16";
  refused(json, "storage 'float16'");
  json = json_;
  json["shards"][0]["file"] = "/etc/passwd";
  refused(json, "/etc/passwd");
}

TEST_F(ManifestFile, RefusesACutFile) {
  const std::string text = read_file(manifest_path(folder_.path()));
  for (std::size_t size = 0; size + 1 < text.size(); size += 101) {
    write_file_atomic(manifest_path(folder_.path()), text.substr(0, size));
    expect_error(ExitCode::BadData, {"manifest.json"}, [&] { read_manifest(folder_.path()); });
  }
}

TEST(Manifest, IsMissingInAFolderWithoutADataSet) {
  const TemporaryDirectory folder;
  expect_error(
      ExitCode::InputMissing, {"manifest.json is missing"}, [&] { read_manifest(folder.path()); });
}

TEST(PatientOf, TakesTheNumberOfBratsNames) {
  EXPECT_EQ(patient_of("BraTS-GLI-00017-001"), "00017");
  EXPECT_EQ(patient_of("BraTS-SSA-00017-001"), "SSA-00017");
  EXPECT_EQ(patient_of("BraTS2021_00017"), "BraTS2021_00017");
  EXPECT_EQ(patient_of("BraTS-GLI-00017"), "BraTS-GLI-00017");
  EXPECT_EQ(patient_of("BraTS-GLI-x0017-001"), "BraTS-GLI-x0017-001");
}

}  // namespace
}  // namespace yates::io
