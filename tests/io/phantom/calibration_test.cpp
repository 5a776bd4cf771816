// SPDX-License-Identifier: Apache-2.0
// The phantoms' statistics against those of BraTS 2023 (paper, Tables 2, 3, 15 to 17).
// YATES_PHANTOM_CASES=1251 runs the full calibration and prints the table.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "io/phantom/tumour_shape.hpp"

namespace yates::io {
namespace {

struct Summary {
  double mean, p25, p50, p75, least, most;
};

Summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    const double position = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (position - static_cast<double>(low)) * (values[high] - values[low]);
  };
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {.mean = sum / static_cast<double>(values.size()),
          .p25 = at(0.25),
          .p50 = at(0.5),
          .p75 = at(0.75),
          .least = values.front(),
          .most = values.back()};
}

using Columns = std::map<std::string, std::vector<double>>;

void add_case(Columns& columns, const PhantomOptions& options, std::uint64_t index) {
  const BrainShape brain = draw_brain(options, index);
  const auto size = brain.grid.size;
  const TumourCounts counts = draw_tumour_counts(options, index, size[0] * size[1] * size[2]);
  const std::vector<std::uint8_t> labels = draw_tumour(options, index, brain, counts);
  std::array<std::int64_t, 4> voxels{};
  std::array<std::int64_t, 3> low = size;
  std::array<std::int64_t, 3> high{};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++voxels.at(labels[i]);
    if (labels[i] != 0) {
      const auto offset = static_cast<std::int64_t>(i);
      const std::array<std::int64_t, 3> at = {
          offset / (size[1] * size[2]), offset / size[2] % size[1], offset % size[2]};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        low[axis] = std::min(low[axis], at[axis]);
        high[axis] = std::max(high[axis], at[axis] + 1);
      }
    }
  }
  double tight = 1;
  double margin = 1;
  double aligned = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t side =
        std::min(size[axis], high[axis] + 8) - std::max<std::int64_t>(0, low[axis] - 8);
    const std::int64_t grown = std::min(size[axis], (side + 15) / 16 * 16);
    const auto full = static_cast<double>(size[axis]);
    tight *= static_cast<double>(high[axis] - low[axis]) / full;
    margin *= static_cast<double>(side) / full;
    aligned *= static_cast<double>(grown) / full;
    columns[std::array{"aligned D", "aligned H", "aligned W"}[axis]].push_back(
        static_cast<double>(grown));
    columns[std::array{"crop D", "crop H", "crop W"}[axis]].push_back(full);
  }
  columns["bbox tight"].push_back(tight);
  columns["margin 8"].push_back(margin);
  columns["margin 8 align 16"].push_back(aligned);
  columns["foreground pct"].push_back(100 * static_cast<double>(counts.whole) /
                                      static_cast<double>(labels.size()));
  columns["NCR"].push_back(static_cast<double>(voxels[1]));
  columns["ED"].push_back(static_cast<double>(voxels[2]));
  columns["ET"].push_back(static_cast<double>(voxels[3]));
  std::int64_t inside = 0;
  for (const float depth : brain.depth) {
    inside += depth > 0 ? 1 : 0;
  }
  columns["brain share"].push_back(static_cast<double>(inside) /
                                   static_cast<double>(labels.size()));
}

const Columns& columns() {
  static const Columns all = [] {
    const char* wanted = std::getenv("YATES_PHANTOM_CASES");
    const std::int64_t cases = wanted ? parse_integer(wanted).value() : 120;
    Columns filled;
    for (std::int64_t i = 0; i < cases; ++i) {
      add_case(filled, {.seed = std::getenv("YATES_PHANTOM_SEED") ? std::stoull(std::getenv("YATES_PHANTOM_SEED")) : 2023ULL}, static_cast<std::uint64_t>(i));
    }
    return filled;
  }();
  return all;
}

std::int64_t zeros(const std::string& name) {
  const auto& values = columns().at(name);
  return std::count(values.begin(), values.end(), 0.0);
}

TEST(PhantomCalibration, PrintsItsTable) {
  for (const auto& [name, values] : columns()) {
    const Summary s = summarize(values);
    std::printf(
        "%-18s mean %9.4g  p25 %9.4g  p50 %9.4g  p75 %9.4g  min %9.4g  max %9.4g  zeros %d\n",
        name.c_str(),
        s.mean,
        s.p25,
        s.p50,
        s.p75,
        s.least,
        s.most,
        static_cast<int>(zeros(name)));
    if (name.substr(0, 7) == "aligned") { for (double b : {64, 80, 96, 112, 128}) std::printf(" <=%g %.3f", b, double(std::count_if(values.begin(), values.end(), [&](double v) { return v <= b; })) / double(values.size())); std::printf("\n"); }
  }
}

}  // namespace
}  // namespace yates::io
