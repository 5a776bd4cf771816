// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/sample_figure.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "io/image/png.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr double kPanel = 220;  // Side of the square a slice is drawn in, SVG units.
constexpr double kGap = 12;
constexpr double kHead = 64;
constexpr const char* kPlanes[] = {"axial", "coronal", "sagittal"};
constexpr const char* kLabelNames[] = {"NCR", "ED", "ET"};
constexpr const char* kLabelColours[] = {"#e8590c", "#2b8a3e", "#1971c2"};

/// One slice of a (D, H, W) volume: rows and columns are the two other axes, in order.
class Plane {
 public:
  Plane(const std::array<std::int64_t, 3>& shape, std::size_t axis, std::int64_t index) {
    const std::array<std::int64_t, 3> stride = {shape[1] * shape[2], shape[2], 1};
    const std::size_t row_axis = axis == 0 ? 1 : 0;
    const std::size_t column_axis = axis == 2 ? 1 : 2;
    start_ = index * stride[axis];
    rows_ = shape[row_axis];
    columns_ = shape[column_axis];
    row_stride_ = stride[row_axis];
    column_stride_ = stride[column_axis];
    // The head is shown up: z grows upwards in coronal and sagittal slices.
    upside_down_ = axis != 0;
  }

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] std::size_t at(std::int64_t row, std::int64_t column) const {
    const std::int64_t shown = upside_down_ ? rows_ - 1 - row : row;
    return static_cast<std::size_t>(start_ + shown * row_stride_ + column * column_stride_);
  }

 private:
  std::int64_t start_, rows_, columns_, row_stride_, column_stride_;
  bool upside_down_;
};

Plane busiest_plane(const Sample& sample, std::size_t axis) {
  std::int64_t best = sample.shape[axis] / 2;
  std::int64_t most = 0;
  for (std::int64_t i = 0; i < sample.shape[axis]; ++i) {
    const Plane plane(sample.shape, axis, i);
    std::int64_t labelled = 0;
    for (std::int64_t row = 0; row < plane.rows(); ++row) {
      for (std::int64_t column = 0; column < plane.columns(); ++column) {
        labelled += sample.y[plane.at(row, column)] != 0 ? 1 : 0;
      }
    }
    if (labelled > most) {
      most = labelled;
      best = i;
    }
  }
  return {sample.shape, axis, best};
}

/// Values shown black and white.
std::array<float, 2> grey_window(std::span<const float> volume) {
  std::vector<float> values(volume.begin(), volume.end());
  const auto at = [&](std::size_t percent) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(values.size() * percent / 100);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
  };
  const float black = at(1);
  return {black, std::max(at(99), black + 1e-6F)};
}

std::string slice_image(const Plane& plane,
                        std::span<const float> volume,
                        const std::array<float, 2>& window) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t row = 0; row < plane.rows(); ++row) {
    for (std::int64_t column = 0; column < plane.columns(); ++column) {
      const float grey = (volume[plane.at(row, column)] - window[0]) / (window[1] - window[0]);
      pixels.push_back(
          static_cast<std::uint8_t>(std::lround(std::clamp(grey, 0.0F, 1.0F) * 255.0F)));
    }
  }
  const auto png = encode_png(pixels, static_cast<std::size_t>(plane.columns()));
  return fmt::format(
      "<image width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" "
      "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
      plane.columns(),
      plane.rows(),
      base64(png));
}

/// The voxel edges between `label` and everything else, as an SVG path.
std::string outline(const Plane& plane, std::span<const std::uint8_t> labels, std::uint8_t label) {
  const auto is_label = [&](std::int64_t row, std::int64_t column) {
    return row >= 0 && column >= 0 && row < plane.rows() && column < plane.columns() &&
           labels[plane.at(row, column)] == label;
  };
  std::string path;
  for (std::int64_t row = 0; row <= plane.rows(); ++row) {
    for (std::int64_t column = 0; column <= plane.columns(); ++column) {
      const bool here = is_label(row, column);
      if (here != is_label(row - 1, column)) {
        path += fmt::format("M{} {}h1", column, row);
      }
      if (here != is_label(row, column - 1)) {
        path += fmt::format("M{} {}v1", column, row);
      }
    }
  }
  return path.empty()
             ? ""
             : fmt::format("<path d=\"{}\" stroke=\"{}\"/>\n", path, kLabelColours[label - 1]);
}

std::string panel(const Sample& sample,
                  const Plane& plane,
                  std::span<const float> volume,
                  const std::array<float, 2>& window,
                  double x,
                  double y) {
  const double scale = kPanel / static_cast<double>(std::max(plane.rows(), plane.columns()));
  std::string svg = fmt::format(
      "<g transform=\"translate({:.2f} {:.2f}) scale({:.5f})\" "
      "fill=\"none\" stroke-width=\"{:.4f}\">\n",
      x,
      y,
      scale,
      1.2 / scale);
  svg += slice_image(plane, volume, window);
  // NCR last: most of its edges are those of the ET around it.
  for (const std::uint8_t label : {std::uint8_t{2}, std::uint8_t{3}, std::uint8_t{1}}) {
    svg += outline(plane, sample.y, label);
  }
  return svg + "</g>\n";
}

std::string heading(const Sample& sample) {
  std::string svg = fmt::format(
      "<text x=\"{}\" y=\"22\">{}, step {}, slot {}: {} patch at z, y, x = "
      "{}, {}, {}</text>\n",
      kGap,
      escape_html(sample.case_id),
      sample.step,
      sample.slot,
      sample.choice.foreground ? "foreground" : "random",
      sample.choice.corner[0],
      sample.choice.corner[1],
      sample.choice.corner[2]);
  for (std::size_t i = 0; i < 3; ++i) {
    svg += fmt::format("<text x=\"{}\" y=\"44\" fill=\"{}\">{}</text>\n",
                       kGap + 48 * static_cast<double>(i),
                       kLabelColours[i],
                       kLabelNames[i]);
  }
  return svg;
}

}  // namespace

std::string sample_figure_svg(const Sample& sample) {
  const double width = 4 * (kPanel + kGap) + kGap;
  const double height = kHead + 3 * (kPanel + kGap);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"14\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width,
      height);
  svg += heading(sample);
  const std::size_t voxels = sample.y.size();
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    const auto volume = std::span(sample.x).subspan(channel * voxels, voxels);
    const std::array<float, 2> window = grey_window(volume);
    const double x = kGap + static_cast<double>(channel) * (kPanel + kGap);
    svg += fmt::format("<text x=\"{:.2f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                       x + kPanel / 2,
                       kHead - 6,
                       kModalityNames[channel]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double y = kHead + static_cast<double>(axis) * (kPanel + kGap);
      svg += fmt::format("<!-- {} -->\n", kPlanes[axis]);
      svg += panel(sample, busiest_plane(sample, axis), volume, window, x, y);
    }
  }
  return svg + "</svg>\n";
}

}  // namespace yates::io
