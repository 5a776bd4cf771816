// SPDX-License-Identifier: Apache-2.0
// What `yates predict` is told, and what a run directory or the configuration says beside it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/config/run_config.hpp"
#include "launcher/eval/prediction_plan.hpp"

namespace yates::cli {

/// As typed; an empty text was left out.
struct PredictArguments {
  std::string weights;
  std::string run;
  std::string data;
  std::string out;
  std::string cases;
  std::string tta;
  std::string roi = "none";
  std::string blend = "float32";
  bool probabilities = false;
  bool compare_roi = false;
  std::vector<std::string> overrides;
};

/// The arguments with everything that a run directory or the configuration decides filled in.
struct PredictSettings {
  config::RunConfig config;
  std::filesystem::path weights;
  std::filesystem::path data;
  std::filesystem::path out;
  std::string cases;
  std::string tta;
};

/// Fills in what the arguments leave out. Throws Error{Usage} for arguments that do not belong
/// together, or as load_run_config.
PredictSettings settings_of(const PredictArguments& arguments);

/// The request for these settings. Reads the list of cases and the digest of the weights. Throws
/// Error{InputMissing} or Error{BadData}.
eval::PredictionRequest request_of(const PredictSettings& settings,
                                   const PredictArguments& arguments);

}  // namespace yates::cli
