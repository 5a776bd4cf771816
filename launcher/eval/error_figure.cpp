// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/error_figure.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "io/image/png.hpp"
#include "kernels/volume/nearest_distance.hpp"

namespace yates::eval {
namespace {

constexpr double kPanel = 360;  // Side of the square a slice is drawn in, SVG units.
constexpr double kGap = 12;
constexpr double kHead = 74;
constexpr std::array<const char*, 3> kPlanes = {"axial", "coronal", "sagittal"};
/// By label: of the reference, and paler of the prediction.
constexpr std::array<const char*, 3> kReference = {"#f59f00", "#e03131", "#1c7ed6"};
constexpr std::array<const char*, 3> kPrediction = {"#fff3bf", "#ffc9c9", "#a5f3fc"};

kernels::Shape3 place_of(std::int64_t voxel, const kernels::Shape3& shape) {
  return {voxel / (shape[1] * shape[2]), voxel / shape[2] % shape[1], voxel % shape[2]};
}

std::vector<std::uint8_t> region_mask(const io::LabelMap& map, Region region) {
  std::vector<std::uint8_t> mask(map.voxels.size());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = in_region(map.voxels[i], region) ? 1 : 0;
  }
  return mask;
}

std::vector<std::int64_t> only_in(const std::vector<std::uint8_t>& mask,
                                  const std::vector<std::uint8_t>& other) {
  std::vector<std::int64_t> voxels;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0 && other[i] == 0) {
      voxels.push_back(static_cast<std::int64_t>(i));
    }
  }
  return voxels;
}

/// Takes over the farthest of `voxels` from `target` if it is farther than what is known.
void improve(WorstError& worst,
             Region region,
             const std::vector<std::int64_t>& voxels,
             const std::vector<std::uint8_t>& target,
             const io::Geometry& geometry) {
  if (voxels.empty()) {
    return;
  }
  const auto& mm = geometry.spacing_mm;
  std::vector<double> squared(voxels.size());
  kernels::nearest_squared_distances(
      target.data(), geometry.shape, {mm[2], mm[1], mm[0]}, voxels, squared);
  auto farthest = std::max_element(squared.begin(), squared.end());
  const double distance = std::sqrt(*farthest);
  if (std::isinf(distance)) {
    farthest = squared.begin() + static_cast<std::ptrdiff_t>(squared.size() / 2);
  }
  if (distance > worst.distance_mm) {
    const std::int64_t voxel = voxels[static_cast<std::size_t>(farthest - squared.begin())];
    worst = {.region = region, .voxel = place_of(voxel, geometry.shape), .distance_mm = distance};
  }
}

/// One slice of a volume: rows and columns are the two other axes, in order; z grows upwards.
struct Plane {
  std::int64_t start = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 0;
  double row_mm = 1;
  double column_mm = 1;
  std::int64_t cross_row = 0;
  std::int64_t cross_column = 0;
  bool upside_down = false;

  [[nodiscard]] std::size_t at(std::int64_t row, std::int64_t column) const {
    const std::int64_t shown = upside_down ? rows - 1 - row : row;
    return static_cast<std::size_t>(start + shown * row_stride + column * column_stride);
  }
};

Plane plane_through(const io::Geometry& geometry, std::size_t axis, const kernels::Shape3& voxel) {
  const auto& shape = geometry.shape;
  const kernels::Shape3 stride = {shape[1] * shape[2], shape[2], 1};
  const std::size_t row = axis == 0 ? 1 : 0;
  const std::size_t column = axis == 2 ? 1 : 2;
  Plane plane{.start = voxel[axis] * stride[axis],
              .rows = shape[row],
              .columns = shape[column],
              .row_stride = stride[row],
              .column_stride = stride[column],
              .row_mm = geometry.spacing_mm[2 - row],
              .column_mm = geometry.spacing_mm[2 - column],
              .cross_row = voxel[row],
              .cross_column = voxel[column],
              .upside_down = axis != 0};
  if (plane.upside_down) {
    plane.cross_row = plane.rows - 1 - plane.cross_row;
  }
  return plane;
}

/// Values shown black and white.
std::array<float, 2> grey_window(std::span<const float> volume) {
  std::vector<float> values;
  std::copy_if(volume.begin(), volume.end(), std::back_inserter(values), [](float value) {
    return value != 0.0F && std::isfinite(value);
  });
  if (values.empty()) {
    return {0.0F, 1.0F};
  }
  const auto at = [&](std::size_t percent) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(values.size() * percent / 100);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
  };
  const float black = std::min(at(1), 0.0F);
  return {black, std::max(at(99), black + 1e-6F)};
}

std::string slice_image(const Plane& plane,
                        std::span<const float> volume,
                        const std::array<float, 2>& window) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t row = 0; row < plane.rows; ++row) {
    for (std::int64_t column = 0; column < plane.columns; ++column) {
      const float value = volume.empty() ? 0.0F : volume[plane.at(row, column)];
      const float grey = (value - window[0]) / (window[1] - window[0]);
      const float inside = grey > 0.0F ? std::min(grey, 1.0F) : 0.0F;
      pixels.push_back(static_cast<std::uint8_t>(inside * 255.0F + 0.5F));
    }
  }
  const auto png = io::encode_png(pixels, static_cast<std::size_t>(plane.columns));
  return fmt::format(
      "<image width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" "
      "href=\"data:image/png;base64,{}\"/>\n",
      plane.columns,
      plane.rows,
      io::base64(png));
}

/// The voxel edges between `label` and everything else, as an SVG path.
std::string outline(const Plane& plane,
                    std::span<const std::uint8_t> labels,
                    std::uint8_t label,
                    const char* colour) {
  const auto is_label = [&](std::int64_t row, std::int64_t column) {
    return row >= 0 && column >= 0 && row < plane.rows && column < plane.columns &&
           labels[plane.at(row, column)] == label;
  };
  std::string path;
  for (std::int64_t row = 0; row <= plane.rows; ++row) {
    for (std::int64_t column = 0; column <= plane.columns; ++column) {
      const bool here = is_label(row, column);
      if (here != is_label(row - 1, column)) {
        path += fmt::format("M{} {}h1", column, row);
      }
      if (here != is_label(row, column - 1)) {
        path += fmt::format("M{} {}v1", column, row);
      }
    }
  }
  return path.empty() ? ""
                      : fmt::format(
                            "<path d=\"{}\" stroke=\"{}\" vector-effect=\"non-scaling-stroke\" "
                            "stroke-width=\"1.4\"/>\n",
                            path,
                            colour);
}

std::string cross(const Plane& plane) {
  const double x = static_cast<double>(plane.cross_column) + 0.5;
  const double y = static_cast<double>(plane.cross_row) + 0.5;
  return fmt::format(
      "<path d=\"M{} {}h6M{} {}h-6M{} {}v6M{} {}v-6\" stroke=\"white\" "
      "vector-effect=\"non-scaling-stroke\" stroke-width=\"1\"/>\n",
      x + 3,
      y,
      x - 3,
      y,
      x,
      y + 3,
      x,
      y - 3);
}

std::string panel(const Plane& plane,
                  const io::LabelMap& pred,
                  const io::LabelMap& ref,
                  std::span<const float> background,
                  const std::array<float, 2>& window) {
  const double height_mm = static_cast<double>(plane.rows) * plane.row_mm;
  const double width_mm = static_cast<double>(plane.columns) * plane.column_mm;
  const double scale = kPanel / std::max(height_mm, width_mm);
  std::string svg = fmt::format("<g transform=\"scale({:.5f} {:.5f})\" fill=\"none\">\n",
                                scale * plane.column_mm,
                                scale * plane.row_mm);
  svg += slice_image(plane, background, window);
  for (std::uint8_t label = 1; label <= 3; ++label) {
    const auto index = static_cast<std::size_t>(label - 1);
    svg += outline(plane, ref.voxels, label, kReference[index]);
    svg += outline(plane, pred.voxels, label, kPrediction[index]);
  }
  return svg + cross(plane) + "</g>\n";
}

std::string heading(const std::string& title, const WorstError& worst) {
  const std::string distance =
      std::isinf(worst.distance_mm)
          ? "one of the two masks is empty"
          : fmt::format("{:.1f} mm from the other mask", worst.distance_mm);
  std::string svg = fmt::format(
      "<text x=\"{0}\" y=\"20\">{1}</text>\n"
      "<text x=\"{0}\" y=\"40\">worst error: {2} at z, y, x = {3}, {4}, {5}, {6}</text>\n",
      kGap,
      escape_html(title),
      region_name(worst.region),
      worst.voxel[0],
      worst.voxel[1],
      worst.voxel[2],
      distance);
  constexpr std::array<const char*, 3> kLabelNames = {"1 NCR", "2 ED", "3 ET"};
  for (std::size_t i = 0; i < 3; ++i) {
    const double x = kGap + 100 * static_cast<double>(i);
    svg += fmt::format(
        "<rect x=\"{}\" y=\"50\" width=\"14\" height=\"14\" fill=\"{}\"/>"
        "<rect x=\"{}\" y=\"50\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#868e96\"/>"
        "<text x=\"{}\" y=\"62\">{}</text>\n",
        x,
        kReference[i],
        x + 16,
        kPrediction[i],
        x + 38,
        kLabelNames[i]);
  }
  return svg + fmt::format(
                   "<text x=\"{}\" y=\"62\">outlines: reference strong, prediction pale; the cross "
                   "marks the error</text>\n",
                   kGap + 310);
}

}  // namespace

WorstError find_worst_error(const io::LabelMap& pred, const io::LabelMap& ref) {
  const auto& shape = ref.geometry.shape;
  WorstError worst{.region = Region::WT, .voxel = {shape[0] / 2, shape[1] / 2, shape[2] / 2}};
  for (const Region region : kRegions) {
    const std::vector<std::uint8_t> p = region_mask(pred, region);
    const std::vector<std::uint8_t> r = region_mask(ref, region);
    improve(worst, region, only_in(p, r), r, ref.geometry);
    improve(worst, region, only_in(r, p), p, ref.geometry);
  }
  return worst;
}

std::string error_figure_svg(const std::string& title,
                             const io::LabelMap& pred,
                             const io::LabelMap& ref,
                             std::span<const float> background) {
  const WorstError worst = find_worst_error(pred, ref);
  const double width = 3 * (kPanel + kGap) + kGap;
  const double height = kHead + kPanel + 2 * kGap;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"14\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width,
      height);
  svg += heading(title, worst);
  const std::array<float, 2> window = grey_window(background);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Plane plane = plane_through(ref.geometry, axis, worst.voxel);
    svg += fmt::format("<g transform=\"translate({} {})\"><title>{}</title>\n",
                       kGap + static_cast<double>(axis) * (kPanel + kGap),
                       kHead,
                       kPlanes[axis]);
    svg += panel(plane, pred, ref, background, window) + "</g>\n";
  }
  return svg + "</svg>\n";
}

}  // namespace yates::eval
