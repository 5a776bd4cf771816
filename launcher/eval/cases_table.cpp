// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/cases_table.hpp"

#include <array>
#include <cstddef>
#include <vector>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {
namespace {

using Figure = double (*)(const RegionMetrics&, std::size_t convention);

struct Column {
  const char* name;
  Figure figure;
};

double number(std::int64_t count) {
  return static_cast<double>(count);
}

constexpr std::array<Column, 12> kColumns = {{
    {"dice", [](const RegionMetrics& m, std::size_t c) { return m.scores[c].dice; }},
    {"hd95_mm", [](const RegionMetrics& m, std::size_t c) { return m.scores[c].hd95_mm; }},
    {"nsd_1mm", [](const RegionMetrics& m, std::size_t c) { return m.scores[c].nsd_1mm; }},
    {"assd_mm", [](const RegionMetrics& m, std::size_t c) { return m.scores[c].assd_mm; }},
    {"tp", [](const RegionMetrics& m, std::size_t) { return number(m.overlap.tp); }},
    {"fp", [](const RegionMetrics& m, std::size_t) { return number(m.overlap.fp); }},
    {"fn", [](const RegionMetrics& m, std::size_t) { return number(m.overlap.fn); }},
    {"pred_voxels",
     [](const RegionMetrics& m, std::size_t) { return number(m.overlap.pred_voxels()); }},
    {"ref_voxels",
     [](const RegionMetrics& m, std::size_t) { return number(m.overlap.ref_voxels()); }},
    {"lesions", [](const RegionMetrics& m, std::size_t) { return number(m.lesions); }},
    {"lesions_found", [](const RegionMetrics& m, std::size_t) { return number(m.lesions_found); }},
    {"lesions_false", [](const RegionMetrics& m, std::size_t) { return number(m.lesions_false); }},
}};

std::string row(const std::string& case_id,
                const char* region,
                Convention convention,
                const std::array<double, kColumns.size()>& figures) {
  std::vector<std::string> fields = {case_id, region, convention_name(convention)};
  for (const double figure : figures) {
    fields.push_back(format_number(figure));
  }
  return csv_line(fields);
}

}  // namespace

std::string cases_csv(const Evaluation& evaluation) {
  std::vector<std::string> header = {"case", "region", "convention"};
  for (const Column& column : kColumns) {
    header.emplace_back(column.name);
  }
  std::string text = csv_line(header);
  for (const CaseResult& result : evaluation.cases) {
    for (const Convention convention : evaluation.conventions) {
      const auto index = static_cast<std::size_t>(convention);
      std::array<double, kColumns.size()> figures{};
      for (const Region region : kRegions) {
        const RegionMetrics& metrics = result.metrics.regions[static_cast<std::size_t>(region)];
        for (std::size_t i = 0; i < kColumns.size(); ++i) {
          figures[i] = kColumns[i].figure(metrics, index);
        }
        text += row(result.case_id, region_name(region), convention, figures);
      }
      for (std::size_t i = 0; i < kColumns.size(); ++i) {
        figures[i] = region_mean(result.metrics, [&](const RegionMetrics& metrics) {
          return kColumns[i].figure(metrics, index);
        });
      }
      text += row(result.case_id, "mean", convention, figures);
    }
  }
  return text;
}

}  // namespace yates::eval
