// SPDX-License-Identifier: Apache-2.0
// A run small enough to train in milliseconds: a per-voxel linear network on drawn samples.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "launcher/train/trainer.hpp"

namespace yates::train {

/// What a test changes about the toy run.
struct ToyRun {
  std::int64_t seed = 1;
  std::int64_t global_batch = 4;
  std::int64_t epochs = 3;
  std::int64_t steps_per_epoch = 4;
  std::string reduction = "tree";
  std::map<std::string, std::string> fingerprint = {{"threads", "1"}};
  /// Of the policy the loop sees; the toy network computes in float32 whatever its activations.
  ComputePolicy compute = {};
  /// Called before each sample is handed out; may throw, raise a signal, or spoil the sample.
  std::function<void(TrainingSample&)> before_sample = [](TrainingSample&) {};

  /// The setup with a freshly initialised network.
  [[nodiscard]] TrainSetup setup(const std::filesystem::path& run_directory) const;
};

/// Trains on `ranks` local ranks; rank 0's result.
TrainResult train_locally(const ToyRun& run, const std::filesystem::path& directory, int ranks);

/// What must not depend on ranks and interruptions: final weights, the newest checkpoint, and the
/// metrics without their times.
struct RunBytes {
  std::string weights;
  std::string checkpoint;
  std::string metrics;
  bool operator==(const RunBytes&) const = default;
};
RunBytes bytes_of_run(const std::filesystem::path& directory);

}  // namespace yates::train
