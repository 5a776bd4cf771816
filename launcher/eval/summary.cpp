// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "launcher/eval/cases_table.hpp"
#include "launcher/eval/region.hpp"

namespace yates::eval {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kFailedMm = 20.0;

double quantile(const std::vector<double>& sorted, double share) {
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double high = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (high - sorted[below]) * (rank - std::floor(rank));
}

void count_empty(const Overlap& overlap, RegionSummary& summary) {
  const bool pred = overlap.pred_voxels() == 0;
  const bool ref = overlap.ref_voxels() == 0;
  summary.both_empty += pred && ref ? 1 : 0;
  summary.pred_empty += pred && !ref ? 1 : 0;
  summary.ref_empty += !pred && ref ? 1 : 0;
}

void add(const Score& score, RegionFigures& figures) {
  figures.dice.push_back(score.dice);
  figures.hd95_mm.push_back(score.hd95_mm);
  figures.nsd_1mm.push_back(score.nsd_1mm);
  figures.assd_mm.push_back(score.assd_mm);
}

Score mean_score(const CaseMetrics& metrics, std::size_t convention) {
  const auto mean = [&](double Score::*figure) {
    return region_mean(metrics,
                       [&](const RegionMetrics& m) { return m.scores[convention].*figure; });
  };
  return {.dice = mean(&Score::dice),
          .hd95_mm = mean(&Score::hd95_mm),
          .nsd_1mm = mean(&Score::nsd_1mm),
          .assd_mm = mean(&Score::assd_mm)};
}

std::vector<std::string> lowest_dice(const Evaluation& evaluation, std::size_t convention) {
  std::vector<std::pair<double, std::string>> order;
  for (const CaseResult& result : evaluation.cases) {
    const double dice = mean_score(result.metrics, convention).dice;
    if (!std::isnan(dice)) {
      order.emplace_back(dice, result.case_id);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> cases;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i) {
    cases.push_back(order[i].second);
  }
  return cases;
}

ConventionSummary summarise(const Evaluation& evaluation, Convention convention) {
  const auto index = static_cast<std::size_t>(convention);
  ConventionSummary result{
      .convention = convention, .regions = {}, .lowest_dice_cases = lowest_dice(evaluation, index)};
  RegionSummary mean;
  mean.region = "mean";
  RegionFigures mean_figures;
  for (const Region region : kRegions) {
    RegionSummary summary;
    summary.region = region_name(region);
    RegionFigures figures;
    for (const CaseResult& one : evaluation.cases) {
      const RegionMetrics& metrics = one.metrics.regions[static_cast<std::size_t>(region)];
      add(metrics.scores[index], figures);
      count_empty(metrics.overlap, summary);
      count_empty(metrics.overlap, mean);
    }
    result.regions.push_back(with_figures(std::move(summary), figures));
  }
  for (const CaseResult& one : evaluation.cases) {
    add(mean_score(one.metrics, index), mean_figures);
  }
  result.regions.push_back(with_figures(std::move(mean), mean_figures));
  return result;
}

}  // namespace

RegionSummary with_figures(RegionSummary summary, const RegionFigures& figures) {
  summary.dice = distribution(figures.dice);
  summary.hd95_mm = distribution(figures.hd95_mm);
  summary.nsd_1mm = distribution(figures.nsd_1mm);
  summary.assd_mm = distribution(figures.assd_mm);
  summary.failed = std::count_if(
      figures.hd95_mm.begin(), figures.hd95_mm.end(), [](double mm) { return !(mm <= kFailedMm); });
  return summary;
}

Distribution distribution(const std::vector<double>& values) {
  std::vector<double> sorted;
  for (const double value : values) {
    if (!std::isnan(value)) {
      sorted.push_back(value);
    }
  }
  std::sort(sorted.begin(), sorted.end());
  Distribution result{.n = static_cast<std::int64_t>(sorted.size()),
                      .undefined = static_cast<std::int64_t>(values.size() - sorted.size()),
                      .mean = kNaN,
                      .sd = kNaN,
                      .median = kNaN,
                      .q25 = kNaN,
                      .q75 = kNaN,
                      .min = kNaN,
                      .max = kNaN};
  if (sorted.empty()) {
    return result;
  }
  const auto count = static_cast<double>(sorted.size());
  double sum = 0.0;
  for (const double value : sorted) {
    sum += value;
  }
  result.mean = sum / count;
  double squares = 0.0;
  for (const double value : sorted) {
    squares += (value - result.mean) * (value - result.mean);
  }
  result.sd = std::sqrt(squares / count);
  result.median = quantile(sorted, 0.5);
  result.q25 = quantile(sorted, 0.25);
  result.q75 = quantile(sorted, 0.75);
  result.min = sorted.front();
  result.max = sorted.back();
  return result;
}

std::vector<ConventionSummary> summarise(const Evaluation& evaluation) {
  std::vector<ConventionSummary> result;
  for (const Convention convention : evaluation.conventions) {
    result.push_back(summarise(evaluation, convention));
  }
  return result;
}

}  // namespace yates::eval
