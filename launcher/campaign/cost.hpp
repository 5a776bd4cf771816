// SPDX-License-Identifier: Apache-2.0
// What a run costs before anything has been measured, and how long a set of runs takes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// GPU-days of one training on one GPU: the paper's 3 days for its baseline (A100, appendix F),
/// scaled by steps, samples, patch and the convolutions' share of the FLOPs of the width. Nothing
/// for an external arm. A first guess: `study estimate` refines it from measured steps.
std::optional<double> guess_gpu_days(const config::StudyArm& arm);

struct Makespan {
  double days = 0;              ///< Longest-first list schedule.
  double lower_bound_days = 0;  ///< No schedule is shorter: total work and longest run.
};

/// Time for runs of these GPU-days on `slots` runs at once, each on `ranks` GPUs with ideal
/// speed-up. Graham's list schedule, longest first. Preconditions: slots >= 1, ranks >= 1.
Makespan makespan(std::vector<double> gpu_days, std::int64_t slots, std::int64_t ranks);

}  // namespace yates::campaign
