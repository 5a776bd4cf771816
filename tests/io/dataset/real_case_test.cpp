// SPDX-License-Identifier: Apache-2.0
// The real case in tests/golden/real against the numbers of the public Python preprocessing.
#include <span>
#include <zlib.h>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "io/dataset/import.hpp"
#include "io/dataset/statistics.hpp"
#include "io/image/image.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/modality.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

const std::filesystem::path kGolden = YATES_GOLDEN_DIR;
constexpr const char* kCase = "BraTS-GLI-90001-000";

std::uint32_t zlib_crc32(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

/// The case imported once for all tests.
class RealCase : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<testing::TemporaryDirectory>();
    const std::filesystem::path raw = *folder_ / "raw";
    std::filesystem::create_directory(raw);
    std::filesystem::create_directory_symlink(kGolden / "real" / kCase, raw / kCase);
    manifest_ = import_cases({.in = raw, .out = *folder_ / "out"}).manifest;
    golden_ = read_json(kGolden / "data" / "preprocess.json")["cases"][kCase];
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static CaseReader open() { return {*folder_ / "out", manifest_, kCase}; }

  static inline std::unique_ptr<testing::TemporaryDirectory> folder_;
  static inline Manifest manifest_;
  static inline Json golden_;
};

TEST_F(RealCase, HasTheReferencesBoxAndLabels) {
  const CaseRecord& record = manifest_.at(kCase);
  EXPECT_EQ(Json(record.crop), golden_["bbox_zyx_half_open"]);
  EXPECT_EQ(Json(record.shape), golden_["crop_shape_zyx"]);
  EXPECT_EQ(Json(record.source_shape), golden_["shape_before_crop_zyx"]);
  EXPECT_EQ(record.labels_outside_brain, golden_["foreground_voxels_outside_filled_mask"]);
  EXPECT_EQ(record.labels_outside_crop, golden_["foreground_voxels_outside_bbox"]);
  for (std::size_t label = 1; label <= 3; ++label) {
    EXPECT_EQ(record.label_voxels[label - 1], golden_["raw_label_counts"][std::to_string(label)]);
  }
  EXPECT_EQ(record.origin, (std::array<double, 3>{0, -239, 0}));
}

TEST_F(RealCase, HasTheExactStatisticsAndBytes) {
  const CaseReader reader = open();
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    const Json& golden = golden_["channels"][kModalityNames[channel]];
    const double mean = golden["mean_exact"];
    const double sd = golden["sd_population_exact"];
    EXPECT_NEAR(reader.record().mean[channel], mean, 1e-12 * mean);
    EXPECT_NEAR(reader.record().sd[channel], sd, 1e-12 * sd);
    const std::vector<float> values = reader.read_modality(channel);
    const std::vector<std::int16_t> counts(values.begin(), values.end());
    EXPECT_EQ(zlib_crc32(std::as_bytes(std::span(values))), golden["crc32_float32_le"]);
    EXPECT_EQ(zlib_crc32(std::as_bytes(std::span(counts))), golden["crc32_int16_le"]);
  }
}

TEST_F(RealCase, HasTheReferencesZScores) {
  const CaseReader reader = open();
  const std::vector<float> image = reader.read_image(reader.whole());
  const auto voxels = static_cast<std::size_t>(reader.record().voxels());
  const auto [depth, height, width] = reader.record().shape;
  const Json& coordinates = golden_["z_coords_zyx_in_crop"];
  ASSERT_EQ(coordinates.size(), 20U);
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    const auto at = coordinates[i].get<std::array<std::int64_t, 3>>();
    const auto index = static_cast<std::size_t>((at[0] * height + at[1]) * width + at[2]);
    const std::vector<float> alone = reader.read_image({at, {1, 1, 1}});
    for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
      const double exact = golden_["channels"][kModalityNames[channel]]["z_exact_float64"][i];
      EXPECT_NEAR(image[channel * voxels + index], exact, 1e-6);
      EXPECT_EQ(alone[channel], image[channel * voxels + index]);
    }
  }
}

TEST_F(RealCase, HasTheReferencesBoxRatiosAndOtsuScores) {
  // tests/golden/data/README.md: measured with numpy and SimpleITK 2.5.7, 128 bins, whole volume.
  const Json stats = data_statistics(*folder_ / "out", manifest_);
  const auto median = [&](const char* level) {
    return stats.at("bbox_ratio").at(level).at("p50").get<double>();
  };
  EXPECT_NEAR(median("tight"), 0.20543666859456333, 1e-12);
  EXPECT_NEAR(median("margin8"), 0.335037022756321, 1e-12);
  EXPECT_NEAR(median("margin8_align16"), 0.4211554527344001, 1e-12);
  EXPECT_NEAR(stats.at("foreground_pct").at("mean").get<double>(), 5.167191482980957, 1e-12);
  EXPECT_NEAR(stats.at("otsu").at("iou_pct").get<double>(), 14.632057467916665, 1e-12);
  EXPECT_NEAR(stats.at("otsu").at("recall_pct").get<double>(), 99.27521211618716, 1e-12);
  const Json& inside = stats.at("otsu").at("rules").at(1);  // FLAIR where it is not 0.
  EXPECT_NEAR(inside.at("iou_pct").get<double>(), 81.63399275990415, 1e-12);
  EXPECT_NEAR(inside.at("recall_pct").get<double>(), 88.4994334355913, 1e-12);
}

TEST(RealLabels, HaveTheReferencesCountsInTheOlderConvention) {
  const LabelMap map =
      read_label_map(kGolden / "real" / "BraTS-GLI-90002-000" / "BraTS-GLI-90002-000-seg.nii.gz");
  const Json golden =
      read_json(kGolden / "data" / "preprocess.json")["cases"]["BraTS-GLI-90002-000"];
  for (const auto& [label, count] : golden["raw_label_counts"].items()) {
    EXPECT_EQ(std::count(map.voxels.begin(), map.voxels.end(), std::stoi(label)), count);
  }
}

}  // namespace
}  // namespace yates::io
