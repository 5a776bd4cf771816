// SPDX-License-Identifier: Apache-2.0
#include "io/augment/blur.hpp"

#include <algorithm>
#include <cmath>

namespace yates::io {
namespace {

constexpr std::size_t kColumns = 512;

/// Index into n samples of position i, mirrored about the faces.
std::size_t reflected(std::ptrdiff_t i, std::size_t n) {
  const auto period = static_cast<std::ptrdiff_t>(2 * n);
  const std::ptrdiff_t r = ((i % period) + period) % period;
  return static_cast<std::size_t>(std::min(r, period - 1 - r));
}

/// Blurs along one axis `width` adjacent columns of `rows` rows, `stride` apart.
void blur_columns(float* data,
                  std::size_t rows,
                  std::size_t stride,
                  std::size_t width,
                  const std::vector<float>& kernel) {
  thread_local std::vector<float> copy;
  copy.resize(rows * width);
  for (std::size_t i = 0; i < rows; ++i) {
    std::copy_n(data + i * stride, width, copy.data() + i * width);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    float* out = data + i * stride;
    const float* middle = copy.data() + i * width;
    for (std::size_t x = 0; x < width; ++x) {
      out[x] = kernel[0] * middle[x];
    }
    for (std::size_t k = 1; k < kernel.size(); ++k) {
      const auto here = static_cast<std::ptrdiff_t>(i);
      const auto offset = static_cast<std::ptrdiff_t>(k);
      const float* before = copy.data() + reflected(here - offset, rows) * width;
      const float* after = copy.data() + reflected(here + offset, rows) * width;
      for (std::size_t x = 0; x < width; ++x) {
        out[x] += kernel[k] * (before[x] + after[x]);
      }
    }
  }
}

/// Blurs one row along itself.
void blur_row(std::span<float> row, const std::vector<float>& kernel) {
  thread_local std::vector<float> line;
  const std::size_t radius = kernel.size() - 1;
  line.resize(row.size() + 2 * radius);
  std::copy(row.begin(), row.end(), line.begin() + static_cast<std::ptrdiff_t>(radius));
  for (std::size_t k = 1; k <= radius; ++k) {
    const auto offset = static_cast<std::ptrdiff_t>(k);
    line[radius - k] = row[reflected(-offset, row.size())];
    line[radius + row.size() - 1 + k] =
        row[reflected(static_cast<std::ptrdiff_t>(row.size()) - 1 + offset, row.size())];
  }
  const float* middle = line.data() + radius;
  for (std::size_t x = 0; x < row.size(); ++x) {
    row[x] = kernel[0] * middle[x];
  }
  for (std::size_t k = 1; k <= radius; ++k) {
    const float* before = middle - k;
    const float* after = middle + k;
    for (std::size_t x = 0; x < row.size(); ++x) {
      row[x] += kernel[k] * (before[x] + after[x]);
    }
  }
}

}  // namespace

std::vector<float> gaussian_kernel(double sigma) {
  const auto radius = static_cast<std::size_t>(std::lround(4 * sigma));
  std::vector<double> exact(radius + 1);
  double sum = 0;
  for (std::size_t i = 0; i <= radius; ++i) {
    const auto x = static_cast<double>(i);
    exact[i] = std::exp(-0.5 * x * x / (sigma * sigma));
    sum += i == 0 ? exact[i] : 2 * exact[i];
  }
  std::vector<float> kernel;
  kernel.reserve(exact.size());
  for (const double weight : exact) {
    kernel.push_back(static_cast<float>(weight / sum));
  }
  return kernel;
}

void blur(std::span<float> channel, const std::array<std::int64_t, 3>& shape, double sigma) {
  const std::vector<float> kernel = gaussian_kernel(sigma);
  const auto depth = static_cast<std::size_t>(shape[0]);
  const auto height = static_cast<std::size_t>(shape[1]);
  const auto width = static_cast<std::size_t>(shape[2]);
  const std::size_t slice = height * width;
  for (std::size_t x = 0; x < slice; x += kColumns) {
    blur_columns(channel.data() + x, depth, slice, std::min(kColumns, slice - x), kernel);
  }
  for (std::size_t z = 0; z < depth; ++z) {
    blur_columns(channel.data() + z * slice, height, width, width, kernel);
    for (std::size_t y = 0; y < height; ++y) {
      blur_row(channel.subspan((z * height + y) * width, width), kernel);
    }
  }
}

}  // namespace yates::io
