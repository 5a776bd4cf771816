// SPDX-License-Identifier: Apache-2.0
// Seconds of one training step of each arm: as measured, or guessed from its FLOPs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/campaign/plan.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// A measured step time and the arms it is of.
struct Measurement {
  double seconds = 0;
  std::string arm;         ///< Id; empty: every arm that fits the rest.
  std::int64_t width = 0;  ///< 0: any.
  std::string patch;       ///< "32x32x32"; empty: any.
  std::int64_t batch = 0;  ///< 0: any.
  std::string mamba;       ///< "base", "relocate"; empty: any.
  std::string reduction;   ///< "tree", "fast"; empty: any.
  std::string origin;      ///< For messages.
};

struct StepTime {
  double seconds = 0;  ///< 0 for an external arm without a measurement: unknown.
  bool measured = false;
};

/// What the times of a study are taken from; all empty: the FLOPs alone.
struct StepTimeSources {
  std::vector<Measurement> measurements;  ///< Of several that fit an arm the last one counts.
  bool runs = false;                      ///< Also the step times in metrics.jsonl of its runs.
};

/// "ARM=SECONDS", or "SECONDS" for all arms. Throws Error{Usage}.
Measurement parse_step_time(const std::string& text, const config::StudyFile& study);

/// The step times in a JSON file of `yates bench step`. Throws Error{InputMissing}, Error{BadData}.
std::vector<Measurement> read_bench_step(const std::filesystem::path& path);

/// One per arm. An arm that nothing was measured of takes the time of the FLOPs, times the median
/// of measured / guessed over the other arms. Throws Error{BadConfig} if there are
/// measurements and none fits an arm.
std::vector<StepTime> step_times(const config::StudyFile& study,
                                 const Plan& plan,
                                 const StepTimeSources& sources);

/// Guess for one arm of ours; 0 for an external one. See step_time.cpp for the model.
double guess_step_seconds(const config::StudyArm& arm);

/// GPU-days of one training with this step time, start-up included.
double run_gpu_days(const config::StudyArm& arm, double step_seconds);

/// Median `step_s` of the last steps in RUN/metrics.jsonl; nothing if there are none.
std::optional<double> recorded_step_seconds(const std::filesystem::path& run_directory);

}  // namespace yates::campaign
