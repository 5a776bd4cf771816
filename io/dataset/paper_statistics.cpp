// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/paper_statistics.hpp"

#include <array>
#include <limits>

namespace yates::io {
namespace {

/// A row of mean, sd, least, quartiles and greatest.
struct SpreadRow {
  const char* table;
  const char* group;
  const char* name;  ///< Empty: the group itself.
  std::array<double, 7> values;
};
constexpr std::array<const char*, 7> kSpreadKeys = {
    "mean", "std", "min", "p25", "p50", "p75", "max"};
constexpr SpreadRow kForeground = {
    "2", "foreground_pct", "", {2.94, 1.73, 0.09, 1.54, 2.75, 4.15, 10.34}};
constexpr SpreadRow kBoxes[] = {
    {"15", "bbox_ratio", "tight", {0.117, 0.075, 0.003, 0.063, 0.103, 0.158, 0.517}},
    {"15", "bbox_ratio", "margin8", {0.201, 0.105, 0.016, 0.127, 0.185, 0.262, 0.749}},
    {"15", "bbox_ratio", "margin8_align16", {0.256, 0.125, 0.023, 0.170, 0.243, 0.328, 0.868}}};
constexpr SpreadRow kSides[] = {
    {"17", "aligned_dims", "depth", {88.5, 16.8, 32, 80, 96, 96, 145}},
    {"17", "aligned_dims", "height", {105.8, 23.1, 48, 96, 112, 128, 179}},
    {"17", "aligned_dims", "width", {83.2, 17.8, 32, 80, 80, 96, 144}}};

/// A row of mean, median, greatest and number of cases without.
struct LabelRow {
  const char* name;
  std::array<double, 4> values;
};
constexpr std::array<const char*, 4> kLabelKeys = {"mean", "median", "max", "zero_cases"};
constexpr LabelRow kLabels[] = {{"ncr", {14306, 7370, 189152, 43}},
                                {"ed", {60215, 52314, 216411, 1}},
                                {"et", {21447, 17337, 111250, 33}}};

/// A figure that stands alone.
struct SingleRow {
  const char* table;
  const char* statistic;
  double value;
};
constexpr SingleRow kCrops[] = {{"16", "roi.below_70_pct", 99.4},
                                {"16", "roi.below_50_pct", 96.2},
                                {"16", "roi.below_30_pct", 68.3},
                                {"16", "roi.median_speedup", 4.1}};
constexpr SingleRow kPatches[] = {{"18", "patches.per_case.mean", 54},
                                  {"18", "patches.with_tumour_pct", 100},
                                  {"18", "patches.bbox_ratio_mean", 0.263},
                                  {"18", "patches.bbox_ratio_median", 0.234},
                                  {"18 box", "patches.rules.3.per_50_cases", 54},
                                  {"18 box", "patches.rules.3.with_tumour_pct", 100},
                                  {"18 box", "patches.rules.3.volume_ratio_mean", 0.263},
                                  {"18 box", "patches.rules.3.volume_ratio_median", 0.234},
                                  {"G.5", "otsu.iou_pct", 7.3},
                                  {"G.5", "otsu.recall_pct", 35}};

/// The number at a dotted place; NaN where there is none.
double number_at(const Json& stats, const std::string& place) {
  std::string pointer = "/" + place;
  for (char& letter : pointer) {
    letter = letter == '.' ? '/' : letter;
  }
  const Json::json_pointer at(pointer);
  return stats.contains(at) && stats.at(at).is_number() ? stats.at(at).get<double>()
                                                        : std::numeric_limits<double>::quiet_NaN();
}

/// Collects rows in the order of the tables.
class Rows {
 public:
  explicit Rows(const Json& stats) : stats_(stats) {}

  void add(const char* table, const std::string& statistic, double paper) {
    rows_.push_back({table, statistic, paper, number_at(stats_, statistic)});
  }
  void add(const SpreadRow& row) {
    const std::string name = *row.name == '\0' ? "" : std::string(".") + row.name;
    for (std::size_t i = 0; i < kSpreadKeys.size(); ++i) {
      add(row.table, row.group + name + "." + kSpreadKeys[i], row.values[i]);
    }
  }
  void add(const LabelRow& row) {
    for (std::size_t i = 0; i < kLabelKeys.size(); ++i) {
      add("3", std::string("classes.") + row.name + "." + kLabelKeys[i], row.values[i]);
    }
  }
  void add(const SingleRow& row) { add(row.table, row.statistic, row.value); }
  template <typename Row, std::size_t N>
  void add_all(const Row (&rows)[N]) {
    for (const Row& row : rows) {
      add(row);
    }
  }
  [[nodiscard]] std::vector<PaperComparison> take() { return std::move(rows_); }

 private:
  const Json& stats_;
  std::vector<PaperComparison> rows_;
};

}  // namespace

std::vector<PaperComparison> compare_with_paper(const Json& stats) {
  Rows rows(stats);
  rows.add(kForeground);
  rows.add_all(kLabels);
  rows.add_all(kBoxes);
  rows.add_all(kCrops);
  rows.add_all(kSides);
  rows.add_all(kPatches);
  return rows.take();
}

Json to_json(const std::vector<PaperComparison>& rows) {
  Json json = Json::array();
  for (const PaperComparison& row : rows) {
    json.push_back({{"table", row.table},
                    {"statistic", row.statistic},
                    {"paper", row.paper},
                    {"ours", json_number(row.ours)}});
  }
  return json;
}

}  // namespace yates::io
