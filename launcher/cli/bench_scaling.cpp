// SPDX-License-Identifier: Apache-2.0
// yates bench scaling: time of a training step on several numbers of ranks, weak (samples per rank
// fixed) and strong (global batch fixed), with drawn samples and with the loader.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/dataset/split.hpp"
#include "launcher/cli/bench_data.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/cli/scaling_figure.hpp"

namespace yates::cli {
namespace {

constexpr std::int64_t kLeastRuns = 3;

/// Efficiency of a time against a perfect one: worst with worst.
Spread efficiency(double perfect, const Spread& time) {
  return {.median = perfect / time.median,
          .min = perfect / time.max,
          .max = perfect / time.min,
          .n = time.n};
}

/// What the real loader reads: the data set that the settings name, else phantoms made for it.
class LoaderData {
 public:
  LoaderData(const BenchSettings& settings, bool wanted) : keys_(settings.configuration()) {
    const bool named = std::any_of(keys_.begin(), keys_.end(), [](const std::string& assignment) {
      return assignment.starts_with("data.dir=");
    });
    if (!wanted || named) {
      return;
    }
    made_ = std::make_unique<BenchDataSet>(settings.count("cases"));
    const std::filesystem::path split = made_->shards() / "split.json";
    io::write_split(split, io::make_split(made_->manifest().cases, {.ratios = {1, 0, 0}}));
    keys_.push_back("data.dir=" + made_->shards().string());
    keys_.push_back("data.split=" + split.string());
  }
  /// Configuration keys of the ranks.
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
  std::unique_ptr<BenchDataSet> made_;
};

/// One series: all numbers of ranks with one loader, weak or strong.
std::vector<ScalingPoint> measure(const BenchSettings& settings,
                                  const LoaderData& data,
                                  const std::string& loader,
                                  bool weak) {
  const std::vector<std::int64_t> counts = rank_counts(settings.text("ranks"));
  const std::int64_t most = *std::max_element(counts.begin(), counts.end());
  std::vector<ScalingPoint> points;
  for (const std::int64_t ranks : counts) {
    const std::int64_t batch = weak ? ranks * settings.count("per_rank") : most;
    const Json result = run_rank_job("scaling",
                                     ranks,
                                     {{"batch", batch},
                                      {"loader", loader},
                                      {"steps", settings.count("steps")},
                                      {"repeats", settings.count("repeats")},
                                      {"threads", settings.count("threads")},
                                      {"configuration", data.keys()}});
    ScalingPoint point{.weak = weak,
                       .loader = loader,
                       .ranks = ranks,
                       .hosts = json_get<std::int64_t>(result, "hosts", "rank"),
                       .batch = batch,
                       .step_s = spread_from(result.at("step_s")),
                       .comm_wait_s = spread_from(result.at("comm_wait_s")),
                       .data_wait_s = spread_from(result.at("data_wait_s")),
                       .efficiency = {}};
    const ScalingPoint& first = points.empty() ? point : points.front();
    const double perfect =
        weak ? first.step_s.median
             : first.step_s.median * static_cast<double>(first.ranks) / static_cast<double>(ranks);
    point.efficiency = efficiency(perfect, point.step_s);
    points.push_back(point);
  }
  return points;
}

void add_rows(const ScalingPoint& point, std::vector<BenchResult>& rows) {
  const std::string size = fmt::format(
      "ranks={} hosts={} batch={} loader={}", point.ranks, point.hosts, point.batch, point.loader);
  const auto add = [&](const char* quantity, const char* unit, const Spread& spread, bool higher) {
    rows.push_back({.name = fmt::format("{} {}", point.weak ? "weak" : "strong", quantity),
                    .size = size,
                    .unit = unit,
                    .ours = spread,
                    .peer = std::nullopt,
                    .higher_is_better = higher});
  };
  add("step", "s", point.step_s, false);
  add("rate", "samples/s", point.rate(), true);
  add("efficiency", "1", point.efficiency, true);
  add("comm wait", "s/step", point.comm_wait_s, false);
  add("data wait", "s/step", point.data_wait_s, false);
}

std::vector<std::string> loaders_of(const BenchSettings& settings) {
  const std::string& text = settings.text("loader");
  if (text == "both") {
    return {"drawn", "real"};
  }
  if (text != "drawn" && text != "real") {
    throw Error(ExitCode::Usage,
                Problem{.what = "loader=" + text,
                        .where = "",
                        .allowed = "drawn, real, both",
                        .fix = "loader=both"});
  }
  return {text};
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  if (settings.count("repeats") < kLeastRuns) {
    throw Error(ExitCode::Usage,
                Problem{.what = "repeats=" + settings.text("repeats"),
                        .where = "",
                        .allowed = "3 and more",
                        .fix = "a spread needs at least three runs"});
  }
  const std::vector<std::string> loaders = loaders_of(settings);
  const LoaderData data(settings, loaders.back() == "real");
  std::vector<ScalingPoint> points;
  for (const bool weak : {true, false}) {
    for (const std::string& loader : loaders) {
      const auto series = measure(settings, data, loader, weak);
      points.insert(points.end(), series.begin(), series.end());
    }
  }
  if (const std::string& figure = settings.text("figure"); !figure.empty()) {
    write_file_atomic(figure, scaling_figure(points));
  }
  std::vector<BenchResult> rows;
  for (const ScalingPoint& point : points) {
    add_rows(point, rows);
  }
  return rows;
}

}  // namespace

Bench bench_scaling() {
  return {
      .name = "scaling",
      .description =
          "time of a training step by number of ranks, weak and strong, with drawn samples and "
          "with the loader. Starts its ranks itself: under mpirun, or inside a job of Slurm "
          "under srun, over its nodes in turn. Configuration keys such as model.width=16 apply",
      .keys = {{"ranks", "1,2,4", "numbers of ranks; efficiency is relative to the first"},
               {"per_rank", "1", "samples per rank, weak; strong: the most ranks share a batch"},
               {"steps", "3", "steps per timed run"},
               {"loader", "both", "drawn (no cost), real, or both"},
               {"cases", "4", "phantoms for the real loader where data.dir is not given"},
               {"figure", "", "an SVG of the results"}},
      .run = run};
}

}  // namespace yates::cli
