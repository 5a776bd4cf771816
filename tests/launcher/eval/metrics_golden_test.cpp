// SPDX-License-Identifier: Apache-2.0
// Every figure of tests/golden/eval/metrics.json: real and constructed pairs, by the public tools.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/metrics_border.hpp"
#include "launcher/eval/metrics_case.hpp"
#include "launcher/eval/metrics_lesion.hpp"
#include "launcher/eval/metrics_surface.hpp"

namespace yates::eval {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(YATES_GOLDEN_DIR) / "eval";

const Json& goldens() {
  static const Json kGoldens = read_json(kGolden / "metrics.json");
  return kGoldens;
}

/// A pair of label maps with 4 read as 3.
struct Pair {
  io::LabelMap pred;
  io::LabelMap ref;

  [[nodiscard]] kernels::Spacing3 spacing() const {
    const auto& mm = ref.geometry.spacing_mm;
    return {mm[2], mm[1], mm[0]};
  }
  [[nodiscard]] MaskPair masks(Region region, std::int64_t margin) const {
    const kernels::Shape3& shape = ref.geometry.shape;
    const kernels::Box3 all{.low = {0, 0, 0}, .high = shape};
    return cropped(region_masks(pred.voxels.data(), ref.voxels.data(), shape, all, region), margin);
  }
};

io::LabelMap read_map(const std::filesystem::path& path) {
  io::LabelMap map = io::read_label_map(path);
  for (std::uint8_t& label : map.voxels) {
    label = label == 4 ? 3 : label;
  }
  return map;
}

Pair edge_pair(const std::string& name) {
  return {read_map(kGolden / "edge" / (name + "-pred.nii.gz")),
          read_map(kGolden / "edge" / (name + "-ref.nii.gz"))};
}

Pair real_pair(const std::string& name) {
  const auto parts = split(name, '|');
  const auto file = [](const std::string& part) {
    if (part == "seg") {
      const std::string id = "BraTS-GLI-90002-000";
      return kGolden.parent_path() / "real" / id / (id + "-seg.nii.gz");
    }
    return kGolden / "real" / ("BraTS-GLI-90002-000-" + part + ".nii.gz");
  };
  return {read_map(file(parts[0])), read_map(file(parts[1]))};
}

double number(const Json& value) {
  if (value.is_number()) {
    return value.get<double>();
  }
  const auto text = value.get<std::string>();
  return text == "inf" ? std::numeric_limits<double>::infinity()
                       : std::numeric_limits<double>::quiet_NaN();
}

void expect_close(double actual, const Json& golden, double tolerance) {
  const double expected = number(golden);
  if (std::isfinite(expected)) {
    EXPECT_NEAR(actual, expected, tolerance);
  } else {
    EXPECT_EQ(std::isnan(actual), std::isnan(expected));
  }
}

void expect_scores(const RegionMetrics& metrics, const Json& golden) {
  const Json& wanted = golden.at("convention");
  const auto expect = [&](Convention convention, const char* name, double dice, double hd95) {
    SCOPED_TRACE(name);
    const Score& score = metrics.scores[static_cast<std::size_t>(convention)];
    expect_close(score.dice, wanted.at(name).at(0), dice);
    expect_close(score.hd95_mm, wanted.at(name).at(1), hd95);
  };
  expect(Convention::Segmamba, "segmamba", 1e-12, 1e-9);
  expect(Convention::Brats2023, "brats2023_legacy", 1e-12, 1e-9);
  expect(Convention::MedPy, "medpy_numpy_1.24", 1e-12, 1e-9);
  const double monai_mm = std::abs(number(wanted.at("monai").at(1))) * 2e-6;
  expect(Convention::Monai, "monai", 1e-7, std::isfinite(monai_mm) ? monai_mm : 0.0);
  expect(Convention::Lesionwise2023, "lesionwise2023", 1e-12, 1e-9);
}

void expect_counts(const RegionMetrics& metrics, const Json& golden) {
  EXPECT_EQ(metrics.overlap.tp, golden.at("TP").get<std::int64_t>());
  EXPECT_EQ(metrics.overlap.fp, golden.at("FP").get<std::int64_t>());
  EXPECT_EQ(metrics.overlap.fn, golden.at("FN").get<std::int64_t>());
  EXPECT_EQ(metrics.overlap.pred_voxels(), golden.at("pred_voxels").get<std::int64_t>());
  EXPECT_EQ(metrics.overlap.ref_voxels(), golden.at("ref_voxels").get<std::int64_t>());
  const Json& lesions = golden.at("lesionwise2023_counts");
  const auto found = lesions.at("TP").get<std::int64_t>();
  EXPECT_EQ(metrics.lesions_found, found);
  EXPECT_EQ(metrics.lesions, found + lesions.at("FN").get<std::int64_t>());
  EXPECT_EQ(metrics.lesions_false, lesions.at("FP").get<std::int64_t>());
}

void expect_surfaces(const MaskPair& pair, const kernels::Spacing3& spacing, const Json& golden) {
  const BorderDistances border = border_distances(pair, spacing);
  const Json& medpy = golden.at("medpy");
  EXPECT_EQ(border.pred_to_ref.size(), medpy.at("border_voxels_pred").get<std::size_t>());
  EXPECT_EQ(border.ref_to_pred.size(), medpy.at("border_voxels_ref").get<std::size_t>());
  expect_close(hd95_medpy(border), medpy.at("hd95"), 1e-9);
  expect_close(assd(border), medpy.at("assd"), 1e-9);
  expect_close(hd95_medpy(border_distances(pair, {1, 1, 1})), medpy.at("hd95_spacing1"), 1e-9);
  const SurfaceDistances surface = surface_distances(pair, spacing);
  const Json& deepmind = golden.at("deepmind");
  expect_close(hd95_surface(surface), deepmind.at("hd95"), 1e-9);
  expect_close(surface_dice(surface, 1.0), deepmind.at("nsd_1mm"), 1e-12);
}

/// What a lesion is compared by; the tools number lesions in another order.
using LesionFigures = std::tuple<double, double, double, std::int64_t, bool>;

void expect_lesions(const LesionTable& table, const Json& golden) {
  EXPECT_EQ(table.false_components, golden.at("false_positive_components").get<std::int64_t>());
  std::vector<LesionFigures> actual;
  for (const Lesion& lesion : table.lesions) {
    actual.emplace_back(
        lesion.volume_mm3, lesion.dice, lesion.hd95_mm, lesion.matched, lesion.counted());
  }
  std::vector<LesionFigures> expected;
  for (const Json& lesion : golden.at("lesions")) {
    expected.emplace_back(number(lesion.at("ref_volume_mm3")),
                          number(lesion.at("dice")),
                          number(lesion.at("hd95")),
                          lesion.at("matched_predicted_components").get<std::int64_t>(),
                          lesion.at("counted").get<bool>());
  }
  std::sort(actual.begin(), actual.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(actual, expected);
}

void expect_pair(const Pair& pair, const Json& golden) {
  const CaseMetrics metrics = measure_case(pair.pred.voxels.data(),
                                           pair.ref.voxels.data(),
                                           pair.ref.geometry.shape,
                                           pair.spacing(),
                                           kConventions);
  for (const Region region : kRegions) {
    SCOPED_TRACE(region_name(region));
    const Json& wanted = golden.at("regions").at(region_name(region));
    const RegionMetrics& actual = metrics.regions[static_cast<std::size_t>(region)];
    expect_counts(actual, wanted);
    expect_scores(actual, wanted);
    if (!actual.overlap.any_empty()) {
      expect_surfaces(pair.masks(region, 0), pair.spacing(), wanted);
    }
    if (!actual.overlap.both_empty()) {
      expect_lesions(lesion_table(pair.masks(region, 3), pair.spacing()),
                     wanted.at("lesion_table"));
    }
  }
}

TEST(MetricsGolden, ConstructedPairsEqualThePublicTools) {
  ASSERT_EQ(goldens().at("edge_cases").size(), 16U);
  for (const auto& [name, golden] : goldens().at("edge_cases").items()) {
    SCOPED_TRACE(name);
    expect_pair(edge_pair(name), golden);
  }
}

TEST(MetricsGolden, RealPairsEqualThePublicTools) {
  ASSERT_EQ(goldens().at("real_pairs").size(), 25U);
  for (const auto& [name, golden] : goldens().at("real_pairs").items()) {
    SCOPED_TRACE(name);
    expect_pair(real_pair(name), golden);
  }
}

}  // namespace
}  // namespace yates::eval
