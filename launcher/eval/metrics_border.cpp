// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_border.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "kernels/volume/border.hpp"
#include "kernels/volume/nearest_distance.hpp"

namespace yates::eval {
namespace {

std::vector<std::int64_t> set_voxels(const std::vector<std::uint8_t>& mask) {
  std::vector<std::int64_t> result;
  for (std::size_t voxel = 0; voxel < mask.size(); ++voxel) {
    if (mask[voxel] != 0) {
      result.push_back(static_cast<std::int64_t>(voxel));
    }
  }
  return result;
}

/// The values at `rank` and after it in ascending order (the same value at the end).
std::pair<double, double> order_statistics(std::vector<double> values, std::size_t rank) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  const double next = at + 1 == values.end() ? *at : *std::min_element(at + 1, values.end());
  return {*at, next};
}

/// Interpolates as NumPy does: from the nearer end, so that the result stays between both.
template <typename T>
T interpolate(T low, T high, T weight) {
  const T span = high - low;
  return weight < T(0.5) ? low + span * weight : high - span * (T(1) - weight);
}

float percentile_95_float32(const std::vector<double>& squared) {
  const float rank = 0.95F * static_cast<float>(squared.size() - 1);
  const float below = std::floor(rank);
  const auto [low, high] = order_statistics(squared, static_cast<std::size_t>(below));
  return interpolate(
      static_cast<float>(std::sqrt(low)), static_cast<float>(std::sqrt(high)), rank - below);
}

double mean_distance(const std::vector<double>& squared) {
  double sum = 0.0;
  for (const double value : squared) {
    sum += std::sqrt(value);
  }
  return sum / static_cast<double>(squared.size());
}

}  // namespace

BorderDistances border_distances(const MaskPair& pair, const kernels::Spacing3& spacing) {
  std::vector<std::uint8_t> pred(pair.pred.size());
  std::vector<std::uint8_t> ref(pair.ref.size());
  kernels::find_border(pair.pred.data(), pair.shape, pred.data());
  kernels::find_border(pair.ref.data(), pair.shape, ref.data());
  const std::vector<std::int64_t> pred_border = set_voxels(pred);
  const std::vector<std::int64_t> ref_border = set_voxels(ref);
  YATES_ASSERT(!pred_border.empty() && !ref_border.empty(), "a mask is empty");
  BorderDistances distances{.pred_to_ref = std::vector<double>(pred_border.size()),
                            .ref_to_pred = std::vector<double>(ref_border.size())};
  kernels::nearest_squared_distances(
      ref.data(), pair.shape, spacing, pred_border, distances.pred_to_ref);
  kernels::nearest_squared_distances(
      pred.data(), pair.shape, spacing, ref_border, distances.ref_to_pred);
  return distances;
}

double hd95_medpy(const BorderDistances& distances) {
  std::vector<double> pooled = distances.pred_to_ref;
  pooled.insert(pooled.end(), distances.ref_to_pred.begin(), distances.ref_to_pred.end());
  const double rank = 0.95 * static_cast<double>(pooled.size() - 1);
  const double below = std::floor(rank);
  const auto [low, high] = order_statistics(std::move(pooled), static_cast<std::size_t>(below));
  return interpolate(std::sqrt(low), std::sqrt(high), rank - below);
}

double hd95_monai(const BorderDistances& distances) {
  return static_cast<double>(std::max(percentile_95_float32(distances.pred_to_ref),
                                      percentile_95_float32(distances.ref_to_pred)));
}

double assd(const BorderDistances& distances) {
  return 0.5 * (mean_distance(distances.pred_to_ref) + mean_distance(distances.ref_to_pred));
}

}  // namespace yates::eval
