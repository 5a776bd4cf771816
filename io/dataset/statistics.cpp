// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "io/dataset/modality.hpp"
#include "io/dataset/otsu.hpp"
#include "io/shard/case_reader.hpp"

namespace yates::io {
namespace {

constexpr std::int64_t kMargin = 8;
constexpr std::int64_t kAlign = 16;
constexpr std::int64_t kPatch = 128;
constexpr std::int64_t kOtsuBins = 128;
constexpr std::size_t kFlair = 1;
constexpr const char* kOtsuDefinition =
    "FLAIR counts of the whole source volume, 128 bins, ITK's bin edges, threshold cut to a whole "
    "number for integral data; foreground above it, against all labels; mean over the cases";

double volume_of(const std::array<std::int64_t, 3>& sides) {
  return static_cast<double>(sides[0]) * static_cast<double>(sides[1]) *
         static_cast<double>(sides[2]);
}

/// How a threshold on FLAIR finds the tumour.
struct ThresholdScore {
  double iou;
  double recall;
};

ThresholdScore score_otsu(const CaseReader& reader, std::span<const std::uint8_t> labels) {
  const CaseRecord& record = reader.record();
  const std::vector<float> flair = reader.read_modality(kFlair);
  const auto source = static_cast<std::int64_t>(volume_of(record.source_shape));
  double threshold = otsu_threshold(flair, source - record.voxels(), kOtsuBins);
  if (record.storage == Storage::Int16) {
    threshold = std::trunc(threshold);
  }
  double both = 0;
  double found = 0;
  double wanted = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool foreground = static_cast<double>(flair[i]) > threshold;
    found += foreground ? 1 : 0;
    wanted += labels[i] != 0 ? 1 : 0;
    both += foreground && labels[i] != 0 ? 1 : 0;
  }
  const double either = found + wanted - both;
  return {.iou = either > 0 ? both / either : 1, .recall = wanted > 0 ? both / wanted : 1};
}

/// The aligned box within each window of the sliding window.
void add_windows(DataValues& all,
                 std::span<const std::uint8_t> labels,
                 const std::array<std::int64_t, 3>& shape) {
  std::array<std::int64_t, 3> side{};
  std::array<std::vector<std::int64_t>, 3> starts;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    side[axis] = std::min(kPatch, shape[axis]);
    starts[axis] = window_starts(shape[axis], kPatch);
  }
  std::vector<std::uint8_t> window(static_cast<std::size_t>(volume_of(side)));
  for (const std::int64_t z0 : starts[0]) {
    for (const std::int64_t y0 : starts[1]) {
      for (const std::int64_t x0 : starts[2]) {
        auto to = window.begin();
        for (std::int64_t z = z0; z < z0 + side[0]; ++z) {
          for (std::int64_t y = y0; y < y0 + side[1]; ++y) {
            to = std::copy_n(labels.begin() + (z * shape[1] + y) * shape[2] + x0, side[2], to);
          }
        }
        const TumourBox box = tumour_box(window, side);
        if (box.tight_ratio > 0) {
          all.patch_ratio.push_back(volume_of(box.aligned) /
                                    static_cast<double>(kPatch * kPatch * kPatch));
        }
      }
    }
  }
  const std::size_t windows = starts[0].size() * starts[1].size() * starts[2].size();
  all.windows += static_cast<std::int64_t>(windows);
  all.patches_per_case.push_back(static_cast<double>(windows));
}

void add_case(DataValues& all, const CaseReader& reader) {
  const std::vector<std::uint8_t> labels = reader.read_labels(reader.whole());
  add_labels(all, labels, reader.record().shape);
  const ThresholdScore score = score_otsu(reader, labels);
  all.otsu_iou_pct.push_back(100 * score.iou);
  all.otsu_recall_pct.push_back(100 * score.recall);
}

Json to_json(const DistributionSummary& s) {
  return {{"mean", s.mean},
          {"std", s.std},
          {"min", s.min},
          {"p25", s.p25},
          {"p50", s.p50},
          {"p75", s.p75},
          {"max", s.max}};
}

Json label_json(const std::vector<double>& voxels) {
  const DistributionSummary s = summarize(voxels);
  return {{"mean", s.mean},
          {"median", s.p50},
          {"max", s.max},
          {"zero_cases", std::count(voxels.begin(), voxels.end(), 0.0)}};
}

/// Percent of the cases whose aligned box takes less than `limit` of the volume.
double below_pct(const std::vector<double>& ratios, double limit) {
  const auto below =
      std::count_if(ratios.begin(), ratios.end(), [&](double ratio) { return ratio < limit; });
  return ratios.empty() ? 0 : 100 * static_cast<double>(below) / static_cast<double>(ratios.size());
}

Json patches_json(const DataValues& all) {
  const DistributionSummary ratio = summarize(all.patch_ratio);
  const auto with_tumour = static_cast<double>(all.patch_ratio.size());
  return {{"patch", {kPatch, kPatch, kPatch}},
          {"overlap", 0.5},
          {"per_case", to_json(summarize(all.patches_per_case))},
          {"with_tumour_pct",
           all.windows > 0 ? 100 * with_tumour / static_cast<double>(all.windows) : 0},
          {"bbox_ratio_mean", ratio.mean},
          {"bbox_ratio_median", ratio.p50}};
}

Json otsu_json(const DataValues& all) {
  if (all.otsu_iou_pct.empty()) {
    return nullptr;
  }
  return {{"iou_pct", summarize(all.otsu_iou_pct).mean},
          {"recall_pct", summarize(all.otsu_recall_pct).mean},
          {"definition", kOtsuDefinition}};
}

}  // namespace

DistributionSummary summarize(std::vector<double> values) {
  if (values.empty()) {
    return {};
  }
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double square = 0;
  for (const double value : values) {
    square += (value - mean) * (value - mean);
  }
  const auto at = [&](double q) {
    const double position = q * (count - 1);
    const auto low = static_cast<std::size_t>(position);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (position - static_cast<double>(low)) * (values[high] - values[low]);
  };
  return {.mean = mean,
          .std = std::sqrt(square / count),
          .min = values.front(),
          .p25 = at(0.25),
          .p50 = at(0.5),
          .p75 = at(0.75),
          .max = values.back()};
}

TumourBox tumour_box(std::span<const std::uint8_t> labels,
                     const std::array<std::int64_t, 3>& shape) {
  TumourBox box;
  std::array<std::int64_t, 3> low = shape;
  std::array<std::int64_t, 3> high{};
  const auto grow = [&](std::size_t axis, std::int64_t at) {
    low[axis] = std::min(low[axis], at);
    high[axis] = std::max(high[axis], at + 1);
  };
  for (std::int64_t z = 0; z < shape[0]; ++z) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      const auto row = labels.begin() + (z * shape[1] + y) * shape[2];
      const auto is_tumour = [](std::uint8_t label) { return label != 0; };
      const auto first = std::find_if(row, row + shape[2], is_tumour);
      if (first == row + shape[2]) {
        continue;
      }
      std::int64_t last = shape[2] - 1;
      while (row[last] == 0) {
        --last;
      }
      grow(0, z);
      grow(1, y);
      grow(2, first - row);
      grow(2, last);
    }
  }
  if (high[0] == 0) {
    return box;
  }
  box.tight_ratio = box.margin8_ratio = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t n = shape[axis];
    box.tight[axis] = {low[axis], high[axis]};
    box.margin8[axis] = {std::max<std::int64_t>(0, low[axis] - kMargin),
                         std::min(n, high[axis] + kMargin)};
    const std::int64_t side = box.margin8[axis][1] - box.margin8[axis][0];
    box.aligned[axis] = std::min(n, (side + kAlign - 1) / kAlign * kAlign);
    box.tight_ratio *= static_cast<double>(high[axis] - low[axis]) / static_cast<double>(n);
    box.margin8_ratio *= static_cast<double>(side) / static_cast<double>(n);
  }
  box.aligned_ratio = volume_of(box.aligned) / volume_of(shape);
  return box;
}

std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch) {
  std::vector<std::int64_t> starts = {0};
  while (starts.back() + patch < size) {
    starts.push_back(std::min(starts.back() + patch / 2, size - patch));
  }
  return starts;
}

void add_labels(DataValues& values,
                std::span<const std::uint8_t> labels,
                const std::array<std::int64_t, 3>& shape) {
  std::array<std::int64_t, 3> counts{};
  for (const std::uint8_t label : labels) {
    if (label >= 1 && label <= counts.size()) {
      ++counts[label - 1U];
    }
  }
  const std::int64_t labelled = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  values.foreground_pct.push_back(100 * static_cast<double>(labelled) / volume_of(shape));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    values.label_voxels[i].push_back(static_cast<double>(counts[i]));
  }
  if (labelled > 0) {
    const TumourBox box = tumour_box(labels, shape);
    values.tight.push_back(box.tight_ratio);
    values.margin8.push_back(box.margin8_ratio);
    values.aligned.push_back(box.aligned_ratio);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      values.aligned_sides[axis].push_back(static_cast<double>(box.aligned[axis]));
    }
  }
  add_windows(values, labels, shape);
}

DataValues measure_data(const std::filesystem::path& dir, const Manifest& manifest) {
  DataValues all;
  std::vector<std::string> ids;
  for (const CaseRecord& record : manifest.cases) {
    ids.push_back(record.id);
  }
  for (const CaseReader& reader : open_cases(dir, manifest, ids)) {
    add_case(all, reader);
  }
  return all;
}

Json statistics_json(const DataValues& all) {
  const double median = summarize(all.aligned).p50;
  return {{"cases", all.foreground_pct.size()},
          {"foreground_pct", to_json(summarize(all.foreground_pct))},
          {"classes",
           {{"ncr", label_json(all.label_voxels[0])},
            {"ed", label_json(all.label_voxels[1])},
            {"et", label_json(all.label_voxels[2])}}},
          {"bbox_ratio",
           {{"tight", to_json(summarize(all.tight))},
            {"margin8", to_json(summarize(all.margin8))},
            {"margin8_align16", to_json(summarize(all.aligned))}}},
          {"roi",
           {{"below_70_pct", below_pct(all.aligned, 0.7)},
            {"below_50_pct", below_pct(all.aligned, 0.5)},
            {"below_30_pct", below_pct(all.aligned, 0.3)},
            {"median_speedup", median > 0 ? Json(1 / median) : Json(nullptr)}}},
          {"aligned_dims",
           {{"depth", to_json(summarize(all.aligned_sides[0]))},
            {"height", to_json(summarize(all.aligned_sides[1]))},
            {"width", to_json(summarize(all.aligned_sides[2]))}}},
          {"patches", patches_json(all)},
          {"otsu", otsu_json(all)}};
}

Json data_statistics(const std::filesystem::path& dir, const Manifest& manifest) {
  return statistics_json(measure_data(dir, manifest));
}

}  // namespace yates::io
