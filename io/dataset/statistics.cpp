// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "io/shard/case_reader.hpp"

namespace yates::io {
namespace {

constexpr const char* kOtsuDefinition =
    "FLAIR counts of the whole source volume, 128 bins, ITK's bin edges, threshold cut to a whole "
    "number for integral data; foreground above it, against all labels; mean over the cases";

double volume_of(const std::array<std::int64_t, 3>& sides) {
  return static_cast<double>(sides[0]) * static_cast<double>(sides[1]) *
         static_cast<double>(sides[2]);
}

void add_case(DataValues& all, const CaseReader& reader) {
  const std::vector<std::uint8_t> labels = reader.read_labels(reader.whole());
  const CaseRecord& record = reader.record();
  add_labels(all,
             labels,
             {.shape = record.shape,
              .source_shape = record.source_shape,
              .source_low = {record.crop[0][0], record.crop[1][0], record.crop[2][0]}});
  add_threshold_scores(reader, labels, all.thresholds);
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

Json windows_json(const WindowValues& values) {
  constexpr double kPaperCases = 50;
  const DistributionSummary ratio = summarize(values.ratio);
  const DistributionSummary of_volume = summarize(values.volume_ratio);
  const DistributionSummary per_case = summarize(values.per_case);
  const auto with_tumour = static_cast<double>(values.ratio.size());
  return {{"per_case", to_json(per_case)},
          {"per_50_cases", kPaperCases * per_case.mean},
          {"with_tumour_pct",
           values.windows > 0 ? 100 * with_tumour / static_cast<double>(values.windows) : 0},
          {"bbox_ratio_mean", ratio.mean},
          {"bbox_ratio_median", ratio.p50},
          {"volume_ratio_mean", of_volume.mean},
          {"volume_ratio_median", of_volume.p50}};
}

Json patches_json(const DataValues& all) {
  Json json = {{"patch", {kWindowSide, kWindowSide, kWindowSide}}, {"overlap", 0.5}};
  json.update(windows_json(all.windows.front()));
  for (std::size_t i = 0; i < kWindowRules.size(); ++i) {
    Json rule = {{"rule", window_rule_text(kWindowRules[i])}};
    rule.update(windows_json(all.windows[i]));
    json["rules"].push_back(rule);
  }
  return json;
}

Json otsu_json(const DataValues& all) {
  if (all.thresholds.front().iou_pct.empty()) {
    return nullptr;
  }
  const auto scores = [](const ThresholdValues& values) {
    return Json{{"iou_pct", summarize(values.iou_pct).mean},
                {"recall_pct", summarize(values.recall_pct).mean}};
  };
  Json json = scores(all.thresholds.front());
  json["definition"] = kOtsuDefinition;
  for (std::size_t i = 0; i < kThresholdRules.size(); ++i) {
    Json rule = {{"rule", threshold_rule_text(kThresholdRules[i])}};
    rule.update(scores(all.thresholds[i]));
    json["rules"].push_back(rule);
  }
  return json;
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

void add_labels(DataValues& values,
                std::span<const std::uint8_t> labels,
                const StoredVolume& volume) {
  std::array<std::int64_t, 3> counts{};
  for (const std::uint8_t label : labels) {
    if (label >= 1 && label <= counts.size()) {
      ++counts[label - 1U];
    }
  }
  const std::int64_t labelled = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  values.foreground_pct.push_back(100 * static_cast<double>(labelled) / volume_of(volume.shape));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    values.label_voxels[i].push_back(static_cast<double>(counts[i]));
  }
  const TumourBox box = tumour_box(labels, volume.shape);
  if (labelled > 0) {
    values.tight.push_back(box.tight_ratio);
    values.margin8.push_back(box.margin8_ratio);
    values.aligned.push_back(box.aligned_ratio);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      values.aligned_sides[axis].push_back(static_cast<double>(box.aligned[axis]));
    }
  }
  for (std::size_t i = 0; i < kWindowRules.size(); ++i) {
    add_windows(kWindowRules[i], labels, volume, box, values.windows[i]);
  }
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
