// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/step_time.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/profile/parameter_table.hpp"

namespace yates::campaign {
namespace {

/// The paper's training: 3 days for 300 epochs of 250 steps of 2 samples on an A100 (appendix F).
constexpr double kPaperStepSeconds = 3.0 * 86'400 / (300.0 * 250.0);
/// A step of any size: some thousand kernels, each launched in about ten microseconds.
constexpr double kGpuLeastStepSeconds = 0.05;
/// One processor core: `bench step` at C=16, 32^3 does 90 GFLOP/s on two threads, `train` less.
constexpr double kCpuFlopPerSecond = 3e10;
constexpr double kCpuLeastStepSeconds = 0.02;
/// Starting train, predict and evaluate.
constexpr double kStartSeconds = 10;

/// Of one training step: forward and twice as much backward, per sample.
double step_flop(const config::RunConfig& config) {
  const auto table = model::parameter_table(config.model, config.data.patch);
  return 3.0 * static_cast<double>(table.flop.matrix) *
         static_cast<double>(config.train.global_batch);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string patch_text(const config::RunConfig& config) {
  const auto& [d, h, w] = config.data.patch;
  return fmt::format("{}x{}x{}", d, h, w);
}

bool fits(const Measurement& measurement, const config::StudyArm& arm) {
  const config::RunConfig& config = arm.config;
  if (!measurement.arm.empty()) {
    return measurement.arm == arm.id;
  }
  if (measurement.width == 0) {
    return true;
  }
  const bool relocated = config.model.mamba_stages == std::vector<std::int64_t>{0, 1};
  const bool base = config.model.mamba_stages == std::vector<std::int64_t>{2, 3};
  return !arm.is_external() && measurement.width == config.model.width &&
         measurement.patch == patch_text(config) &&
         measurement.batch == config.train.global_batch &&
         (measurement.reduction.empty() || measurement.reduction == config.train.reduction) &&
         !config.model.conv_lt && !config.model.prune.enabled && !config.model.fce.enabled &&
         (measurement.mamba == "relocate" ? relocated : base);
}

/// "C=16 patch=32x32x32 batch=2".
void read_size(const std::string& size, Measurement& measurement) {
  for (const std::string& part : split(size, ' ')) {
    const std::size_t equal = part.find('=');
    const std::string key = part.substr(0, equal);
    const std::string value = equal == std::string::npos ? "" : part.substr(equal + 1);
    if (key == "C") {
      measurement.width = parse_integer(value).value_or(0);
    } else if (key == "patch") {
      measurement.patch = value;
    } else if (key == "batch") {
      measurement.batch = parse_integer(value).value_or(0);
    }
  }
}

/// What the arms' own runs recorded; the last run of an arm counts.
std::vector<Measurement> recorded(const config::StudyFile& study, const Plan& plan) {
  std::vector<std::vector<double>> seconds(study.arms.size());
  for (const PlannedRun& run : plan.runs) {
    if (const auto found = recorded_step_seconds(run_directory(study, run))) {
      seconds[run.arm].push_back(*found);
    }
  }
  std::vector<Measurement> list;
  for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
    if (!seconds[arm].empty()) {
      Measurement& added = list.emplace_back();
      added.arm = study.arms[arm].id;
      added.seconds = median(seconds[arm]);
      added.origin = "metrics.jsonl of its runs";
    }
  }
  return list;
}

/// A file of `bench step` may hold more than one study needs, but not nothing that it needs.
[[noreturn]] void refuse_measurement(const Measurement& measurement) {
  throw Error(ExitCode::BadConfig,
              Problem{.what = fmt::format("a measured step of C={} patch={} batch={} ({} {}) is of "
                                          "no arm of this study",
                                          measurement.width,
                                          measurement.patch,
                                          measurement.batch,
                                          measurement.mamba,
                                          measurement.reduction),
                      .where = measurement.origin,
                      .allowed = "",
                      .fix = "measure with the study's model.width, data.patch and batch, or give "
                             "--seconds-per-step ARM=SECONDS"});
}

}  // namespace

Measurement parse_step_time(const std::string& text, const config::StudyFile& study) {
  const std::size_t equal = text.rfind('=');
  Measurement measurement;
  measurement.origin = "--seconds-per-step " + text;
  const std::string number = equal == std::string::npos ? text : text.substr(equal + 1);
  measurement.arm = equal == std::string::npos ? "" : text.substr(0, equal);
  const std::optional<double> seconds = parse_number(number);
  std::vector<std::string> ids;
  for (const config::StudyArm& arm : study.arms) {
    ids.push_back(arm.id);
  }
  const bool known =
      measurement.arm.empty() || std::find(ids.begin(), ids.end(), measurement.arm) != ids.end();
  if (!seconds || !(*seconds > 0 && *seconds < 1e6) || !known) {
    throw Error(
        ExitCode::Usage,
        Problem{.what = known ? "no step time: '" + text + "'"
                              : "no arm '" + measurement.arm + "' in this study",
                .where = "--seconds-per-step",
                .allowed = "SECONDS for all arms, or ARM=SECONDS with an arm of the study: " +
                           join(ids, ", "),
                .fix = known ? "" : suggestion(measurement.arm, ids)});
  }
  measurement.seconds = *seconds;
  return measurement;
}

std::vector<Measurement> read_bench_step(const std::filesystem::path& path) {
  const std::string origin = path.string();
  const Json json = read_json(path);
  std::vector<Measurement> list;
  for (const Json& item : json.is_array() ? json : Json::array()) {
    const auto name = json_get<std::string>(item, "name", origin);
    const auto unit = json_get<std::string>(item, "unit", origin);
    // "step ARM" or "step ARM REDUCTION"; other rows are of memory.
    const std::vector<std::string> words = split(name, ' ');
    const bool arm =
        words.size() >= 2 && words[0] == "step" && (words[1] == "base" || words[1] == "relocate");
    const bool plain = words.size() == 2;
    if (!arm || !(plain || (words.size() == 3 && (words[2] == "tree" || words[2] == "fast")))) {
      continue;
    }
    Measurement& added = list.emplace_back();
    added.origin = origin + ", " + name;
    added.mamba = words[1];
    added.reduction = plain ? "" : words[2];
    added.seconds = json_get<double>(json_get<Json>(item, "ours", origin), "median", origin) *
                    (unit == "ms" ? 1e-3 : 1.0);
    read_size(json_get<std::string>(item, "size", origin), added);
    if (added.width <= 0 || added.seconds <= 0) {
      list.clear();
      break;
    }
  }
  if (list.empty()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "no step time in this file",
                        .where = origin,
                        .allowed = "what `yates bench step --json FILE` writes",
                        .fix = ""});
  }
  return list;
}

std::vector<StepTime> step_times(const config::StudyFile& study,
                                 const Plan& plan,
                                 const StepTimeSources& sources) {
  std::vector<Measurement> measurements = sources.measurements;
  if (sources.runs) {
    for (Measurement& found : recorded(study, plan)) {
      measurements.push_back(std::move(found));
    }
  }
  std::vector<StepTime> times(study.arms.size());
  bool any_fits = false;
  for (const Measurement& measurement : measurements) {
    for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
      if (fits(measurement, study.arms[arm])) {
        times[arm] = {.seconds = measurement.seconds, .measured = true};
        any_fits = true;
      }
    }
  }
  if (!measurements.empty() && !any_fits) {
    refuse_measurement(measurements.front());
  }
  std::vector<double> ratios;
  for (std::size_t arm = 0; arm < times.size(); ++arm) {
    if (times[arm].measured && !study.arms[arm].is_external()) {
      ratios.push_back(times[arm].seconds / guess_step_seconds(study.arms[arm]));
    }
  }
  for (std::size_t arm = 0; arm < times.size(); ++arm) {
    if (!times[arm].measured) {
      times[arm].seconds =
          guess_step_seconds(study.arms[arm]) * (ratios.empty() ? 1.0 : median(ratios));
    }
  }
  return times;
}

double guess_step_seconds(const config::StudyArm& arm) {
  if (arm.is_external()) {
    return 0;
  }
  static const double paper_flop = step_flop(config::RunConfig{});
  const double flop = step_flop(arm.config);
  if (arm.config.train.device == "cpu") {
    return std::max(flop / (kCpuFlopPerSecond * static_cast<double>(arm.config.train.threads)),
                    kCpuLeastStepSeconds);
  }
  return std::max(kPaperStepSeconds * flop / paper_flop, kGpuLeastStepSeconds);
}

double run_gpu_days(const config::StudyArm& arm, double step_seconds) {
  const double steps = static_cast<double>(arm.config.train.epochs) *
                       static_cast<double>(arm.config.train.steps_per_epoch);
  return (steps * step_seconds + kStartSeconds) / 86'400;
}

std::optional<double> recorded_step_seconds(const std::filesystem::path& run_directory) {
  constexpr std::streamoff kTail = 64 * 1024;
  std::ifstream file(run_directory / "metrics.jsonl", std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(size - kTail, 0));
  std::vector<double> seconds;
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);  // The first line may begin half-way.
    if (json.is_object() && json.contains("step_s") && json["step_s"].is_number()) {
      seconds.push_back(json["step_s"].get<double>());
    }
  }
  return seconds.empty() ? std::nullopt : std::optional(median(seconds));
}

}  // namespace yates::campaign
