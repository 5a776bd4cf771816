// SPDX-License-Identifier: Apache-2.0
// The options by which verbs of a study are told how long a step takes.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "launcher/campaign/step_time.hpp"

namespace yates::cli {

struct StepTimeArguments {
  std::vector<std::string> measured;  ///< Files of `yates bench step --json`.
  std::vector<std::string> seconds;   ///< "SECONDS" or "ARM=SECONDS".
};

void add_step_time_options(CLI::App& verb, StepTimeArguments& arguments);

/// Throws as the readers of campaign/step_time.hpp do.
campaign::StepTimeSources read_step_times(const StepTimeArguments& arguments,
                                          const config::StudyFile& study);

}  // namespace yates::cli
