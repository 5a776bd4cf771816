// SPDX-License-Identifier: Apache-2.0
// A network with its weights on its device, and the request that it serves.
#pragma once

#include <cstdint>

#include "launcher/cli/predict_settings.hpp"
#include "launcher/eval/prediction_plan.hpp"
#include "launcher/train/compute_policy.hpp"
#include "model/network/segmamba.hpp"

namespace yates::cli {

struct PreparedPrediction {
  eval::PredictionRequest request;
  model::SegMamba network;
  train::ComputePolicy compute = {};
  std::int64_t weight_bytes = 0;
  std::int64_t width = 0;  ///< Channels at full resolution.
  std::uint64_t seed = 0;
};

/// Loads the weights and takes the GPU of this rank where the configuration wants one. Throws
/// Error{Usage, BadConfig, InputMissing or BadData}.
PreparedPrediction prepare(const PredictArguments& arguments, int local_rank);

/// What the network needs for one window: at its widest, the decoder's last stage, about ten maps
/// of full resolution (measured: 8.3 to 10.3 at widths 8 and 16, sides 64 to 128), and what
/// LibTorch takes when it starts to work.
std::int64_t window_bytes(const PreparedPrediction& prepared);

}  // namespace yates::cli
