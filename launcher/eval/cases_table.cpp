// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/cases_table.hpp"

#include <array>
#include <cstddef>
#include <vector>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "launcher/eval/metric_columns.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {
namespace {

using Figure = double (*)(const RegionMetrics&, std::size_t convention);

double number(std::int64_t count) {
  return static_cast<double>(count);
}

/// By kMetricColumns.
constexpr std::array<Figure, kMetricColumns.size()> kFigures = {{
    [](const RegionMetrics& m, std::size_t c) { return m.scores[c].dice; },
    [](const RegionMetrics& m, std::size_t c) { return m.scores[c].hd95_mm; },
    [](const RegionMetrics& m, std::size_t c) { return m.scores[c].nsd_1mm; },
    [](const RegionMetrics& m, std::size_t c) { return m.scores[c].assd_mm; },
    [](const RegionMetrics& m, std::size_t) { return number(m.overlap.tp); },
    [](const RegionMetrics& m, std::size_t) { return number(m.overlap.fp); },
    [](const RegionMetrics& m, std::size_t) { return number(m.overlap.fn); },
    [](const RegionMetrics& m, std::size_t) { return number(m.overlap.pred_voxels()); },
    [](const RegionMetrics& m, std::size_t) { return number(m.overlap.ref_voxels()); },
    [](const RegionMetrics& m, std::size_t) { return number(m.lesions); },
    [](const RegionMetrics& m, std::size_t) { return number(m.lesions_found); },
    [](const RegionMetrics& m, std::size_t) { return number(m.lesions_false); },
}};

std::string row(const std::string& case_id,
                const char* region,
                Convention convention,
                const std::array<double, kMetricColumns.size()>& figures) {
  std::vector<std::string> fields = {case_id, region, convention_name(convention)};
  for (const double figure : figures) {
    fields.push_back(format_number(figure));
  }
  return csv_line(fields);
}

}  // namespace

std::string cases_csv(const Evaluation& evaluation) {
  std::vector<std::string> header = {"case", "region", "convention"};
  header.insert(header.end(), kMetricColumns.begin(), kMetricColumns.end());
  std::string text = csv_line(header);
  for (const CaseResult& result : evaluation.cases) {
    for (const Convention convention : evaluation.conventions) {
      const auto index = static_cast<std::size_t>(convention);
      std::array<double, kMetricColumns.size()> figures{};
      for (const Region region : kRegions) {
        const RegionMetrics& metrics = result.metrics.regions[static_cast<std::size_t>(region)];
        for (std::size_t i = 0; i < kMetricColumns.size(); ++i) {
          figures[i] = kFigures[i](metrics, index);
        }
        text += row(result.case_id, region_name(region), convention, figures);
      }
      for (std::size_t i = 0; i < kMetricColumns.size(); ++i) {
        figures[i] = region_mean(result.metrics, [&](const RegionMetrics& metrics) {
          return kFigures[i](metrics, index);
        });
      }
      text += row(result.case_id, "mean", convention, figures);
    }
  }
  return text;
}

}  // namespace yates::eval
