// SPDX-License-Identifier: Apache-2.0
// What a study will cost, how long it will take, and what that saves against the paper's way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "launcher/campaign/packing.hpp"
#include "launcher/campaign/step_time.hpp"

namespace yates::campaign {

struct EstimateOptions {
  std::int64_t gpus = 1;
  StepTimeSources sources;
  double mtbf_gpu_days = 30;  ///< GPU-days between two failures or kills; assumed.
  double run_sd = 1.39;       ///< Of the Dice of a run over seeds, points; the paper's Table 14.
  std::vector<Width> widths;  ///< Other numbers of ranks to try; empty: none.
};

/// GPU-days saved, by cause. Each is the difference that this cause alone makes, so they may
/// overlap.
struct Saving {
  double faster_step = 0;    ///< Against 3 days a run: faster steps and smaller networks.
  double packing = 0;        ///< Idle GPU time of an allocation, against the order of the file.
  double stopping_rule = 0;  ///< Expected: runs that the looks make needless.
  double no_lost_work = 0;   ///< Expected: against runs that begin anew after a failure.
};

struct Estimate {
  Plan plan;                    ///< With these costs.
  std::vector<StepTime> times;  ///< Per arm.
  Saving saving;
  double expected_seeds = 0;          ///< At the end by the stopping rule if the effect is delta.
  std::optional<WidthPacking> mixed;  ///< If widths were asked for.
};

/// GPU-days of `runs` at the paper's 3 days a run.
double paper_gpu_days(std::size_t runs);

Estimate estimate_study(const config::StudyFile& study, const EstimateOptions& options);

/// Contract section 5, `study estimate`, with the saving.
Json estimate_json(const config::StudyFile& study,
                   const EstimateOptions& options,
                   const Estimate& estimate);

std::string estimate_text(const config::StudyFile& study,
                          const EstimateOptions& options,
                          const Estimate& estimate);

}  // namespace yates::campaign
