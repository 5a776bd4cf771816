// SPDX-License-Identifier: Apache-2.0
// yates bench plan: a model of the time of a step on N nodes, fitted to some measured points,
// tested on the others, and asked about nodes that are not at hand.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"
#include "launcher/cli/step_model.hpp"
#include "launcher/config/run_config.hpp"
#include "model/profile/parameter_table.hpp"

namespace yates::cli {
namespace {

constexpr const char* kFitted = "fitted";
constexpr double kMib = 1024.0 * 1024.0;

/// A measured point with what is shown of it.
struct Point {
  MeasuredStep measured;
  Spread spread;
  std::string size;
  bool fitted = true;
};

config::RunConfig configuration_of(const BenchSettings& settings) {
  std::vector<std::string> overrides = {"model.width=8", "data.patch=[32,32,32]"};
  const std::vector<std::string>& given = settings.configuration();
  overrides.insert(overrides.end(), given.begin(), given.end());
  return config::load_run_config("", overrides);
}

std::string size_of(const StepShape& shape, std::int64_t hosts) {
  return shape.is_reduction
             ? fmt::format("ranks={} hosts={} KiB={:.0f}", shape.ranks, hosts, shape.bytes / 1024)
             : fmt::format("ranks={} hosts={} per_rank={:.0f}", shape.ranks, hosts, shape.samples);
}

/// Cores that the measured ranks share: by default those of each host.
double load_of(const BenchSettings& settings, std::int64_t ranks, std::int64_t hosts) {
  const double cores =
      settings.text("cores") == "all"
          ? static_cast<double>(std::thread::hardware_concurrency()) * static_cast<double>(hosts)
          : static_cast<double>(settings.count("cores"));
  return std::max(1.0, static_cast<double>(ranks * settings.count("threads")) / cores);
}

std::vector<Point> measure(const BenchSettings& settings, bool in_tree) {
  const std::vector<std::int64_t> fit = rank_counts(settings.text("fit"));
  std::vector<Point> points;
  for (const std::int64_t ranks : rank_counts(settings.text("ranks"))) {
    const Json result = run_rank_job("plan",
                                     ranks,
                                     {{"per_rank", rank_counts(settings.text("per_rank"))},
                                      {"loader", "drawn"},
                                      {"in_tree", in_tree},
                                      {"steps", settings.count("steps")},
                                      {"repeats", settings.count("repeats")},
                                      {"threads", settings.count("threads")},
                                      {"configuration", settings.configuration()}});
    const auto hosts = json_get<std::int64_t>(result, "hosts", "rank");
    const double load = load_of(settings, ranks, hosts);
    const auto add = [&](const StepShape& shape, const Json& seconds) {
      const Spread spread = spread_from(seconds);
      points.push_back({.measured = {shape, spread.median},
                        .spread = spread,
                        .size = size_of(shape, hosts),
                        .fitted = std::find(fit.begin(), fit.end(), ranks) != fit.end()});
    };
    for (const Json& step : result.at("steps")) {
      add({.ranks = ranks,
           .samples = json_get<double>(step, "samples", "rank"),
           .load = load,
           .bytes = json_get<double>(result, "bytes", "rank"),
           .buckets = json_get<double>(result, "buckets", "rank")},
          step.at("seconds"));
    }
    for (const Json& reduction : result.at("reductions")) {
      add({.ranks = ranks,
           .samples = 0,
           .load = load,
           .bytes = json_get<double>(reduction, "bytes", "rank"),
           .buckets = 1,
           .is_reduction = true},
          reduction.at("seconds"));
    }
  }
  return points;
}

std::vector<MeasuredStep> chosen(const std::vector<Point>& points, bool fitted) {
  std::vector<MeasuredStep> steps;
  for (const Point& point : points) {
    if (point.fitted == fitted) {
      steps.push_back(point.measured);
    }
  }
  return steps;
}

BenchResult row(std::string name, std::string size, std::string unit, const Spread& spread) {
  return {.name = std::move(name),
          .size = std::move(size),
          .unit = std::move(unit),
          .ours = spread,
          .peer = std::nullopt};
}

/// Every point beside the model, then the model's errors.
void add_points(const std::vector<Point>& points,
                const StepModel& model,
                std::vector<BenchResult>& rows) {
  for (const Point& point : points) {
    const StepShape& shape = point.measured.shape;
    rows.push_back({.name = fmt::format("{} {}",
                                        point.fitted ? "fitted" : "held-out",
                                        shape.is_reduction ? "reduction" : "step"),
                    .size = point.size,
                    .unit = "s",
                    .ours = spread_of({model.seconds(shape)}),
                    .peer = PeerResult{.name = "measured", .spread = point.spread}});
  }
  for (const bool fitted : {true, false}) {
    const std::vector<MeasuredStep> steps = chosen(points, fitted);
    if (!steps.empty()) {
      rows.push_back(row(fmt::format("model error, {}", fitted ? "fitted" : "held-out"),
                         fmt::format("points={}", steps.size()),
                         "%",
                         spread_of(errors_pct(model, steps))));
    }
  }
}

/// Replaces a parameter of the model by what the settings say; true if they do.
bool take(const BenchSettings& settings, const char* key, double unit, double& parameter) {
  if (settings.text(key) == kFitted) {
    return false;
  }
  const std::optional<double> value = parse_number(settings.text(key));
  if (!value || *value < 0) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("{}={}", key, settings.text(key)),
                        .where = "",
                        .allowed = "fitted, or a number of at least 0",
                        .fix = ""});
  }
  parameter = *value * unit;
  return true;
}

/// The model with the parameters that are given; how many were.
int take_parameters(const BenchSettings& settings, StepModel& model) {
  int given = 0;
  given += take(settings, "sample_s", 1, model.sample_s) ? 1 : 0;
  given += take(settings, "overhead_s", 1, model.overhead_s) ? 1 : 0;
  given += take(settings, "latency_us", 1e-6, model.latency_s) ? 1 : 0;
  if (double rate = 0; take(settings, "bandwidth_gb_s", 1e9, rate)) {
    model.s_per_byte = rate > 0 ? 1 / rate : 0;
    ++given;
  }
  return given;
}

/// A step of the configured network on nodes whose every thread has a core of its own.
StepShape planned_shape(const BenchSettings& settings, double bytes, std::int64_t nodes) {
  constexpr double kFirstBucket = 1 * kMib;
  constexpr double kBucket = 25 * kMib;
  const double rest = std::max(0.0, bytes - kFirstBucket) / kBucket;
  return {.ranks = nodes * settings.count("ranks_per_node"),
          .samples = static_cast<double>(settings.count("samples")),
          .load = 1,
          .bytes = bytes,
          .buckets = 1 + static_cast<double>(static_cast<std::int64_t>(rest + 0.999)),
          .is_reduction = false};
}

void add_plan(const BenchSettings& settings,
              const StepModel& model,
              double bytes,
              std::vector<BenchResult>& rows) {
  double first_rate = 0;
  for (const std::int64_t nodes : rank_counts(settings.text("nodes"))) {
    const StepShape shape = planned_shape(settings, bytes, nodes);
    const auto ranks = static_cast<double>(shape.ranks);
    const double seconds = model.seconds(shape);
    const std::string size = fmt::format("nodes={} ranks={} batch={:.0f} MiB={:.1f}",
                                         nodes,
                                         shape.ranks,
                                         ranks * shape.samples,
                                         bytes / kMib);
    const double rate = shape.samples / seconds;
    first_rate = first_rate == 0 ? rate : first_rate;
    rows.push_back(row("modelled step", size, "s", spread_of({seconds})));
    rows.push_back(row("modelled rate", size, "samples/s", spread_of({rate * ranks})));
    rows.push_back(row("modelled efficiency", size, "1", spread_of({rate / first_rate})));
  }
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  constexpr int kParameters = 4;
  const config::RunConfig config = configuration_of(settings);
  const bool in_tree = config.train.reduction == "tree";
  std::vector<BenchResult> rows;
  StepModel model{.in_tree = in_tree};
  // With every parameter given there is nothing to measure.
  if (take_parameters(settings, model) < kParameters) {
    const std::vector<Point> points = measure(settings, in_tree);
    model = fit_step_model(chosen(points, true), in_tree);
    add_points(points, model, rows);
    take_parameters(settings, model);
  }
  rows.push_back(row("model sample", "forward and backward", "s", spread_of({model.sample_s})));
  rows.push_back(row("model overhead", "per step", "s", spread_of({model.overhead_s})));
  rows.push_back(row("model latency", "per message", "us", spread_of({model.latency_s * 1e6})));
  rows.push_back(row("model bandwidth",
                     "per message",
                     "GB/s",
                     spread_of({model.s_per_byte > 0 ? 1e-9 / model.s_per_byte : 0})));
  const auto parameters = model::parameter_table(config.model, config.data.patch).parameters;
  add_plan(settings, model, static_cast<double>(parameters) * sizeof(float), rows);
  return rows;
}

}  // namespace

Bench bench_plan() {
  return {
      .name = "plan",
      .description =
          "a model of the time of a training step on N nodes: overhead + samples x computing + "
          "messages x latency + bytes / bandwidth, with nothing hidden behind backward. Fitted to "
          "measured steps and reductions on some numbers of ranks and tested on the others; its "
          "error is printed. What it says of nodes that are not at hand is a model, not a "
          "measurement. With the four parameters given, nothing is measured",
      .keys = {{"ranks", "1,2,4", "numbers of ranks that are measured"},
               {"fit", "1,2", "those that the model is fitted to; the others test it"},
               {"per_rank", "1,2", "samples per rank of the measured steps"},
               {"steps", "2", "steps per timed run"},
               {"cores", "all", "cores that the measured ranks share; all: those of their hosts"},
               {"nodes", "1,2,4,8,16", "numbers of nodes to plan for"},
               {"ranks_per_node", "1", "of the planned nodes"},
               {"samples", "1", "per rank on the planned nodes"},
               {"sample_s", kFitted, "seconds of forward and backward of one sample there"},
               {"overhead_s", kFitted, "seconds of a step without its samples there"},
               {"latency_us", kFitted, "microseconds of a message between those nodes"},
               {"bandwidth_gb_s", kFitted, "GB/s of a message between those nodes; 0: unlimited"}},
      .run = run};
}

}  // namespace yates::cli
