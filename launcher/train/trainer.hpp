// SPDX-License-Identifier: Apache-2.0
// The training of one run: from where its last checkpoint stands to its end, or to the moment it is
// asked to stop. The life of a run directory: launcher/train/run_directory.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "dist/communicator.hpp"
#include "launcher/train/compute_policy.hpp"
#include "launcher/train/options.hpp"
#include "launcher/train/trained_network.hpp"

namespace yates::train {

/// A run, complete.
struct TrainSetup {
  TrainOptions options;
  ComputePolicy compute;            ///< Of this rank; the network's parameters are on its device.
  std::string device_name = "cpu";  ///< As dist::RankPlace::device.
  /// CUDA and NCCL for that device, asked for by several ranks on GPUs.
  std::function<std::unique_ptr<dist::DeviceCalls>()> device_calls = {};
  std::function<std::int64_t()> peak_bytes = {};  ///< Of that device; for people, at the end.
  std::filesystem::path run_directory;
  std::string run_yaml;  ///< The resolved configuration, kept as run.yaml.
  /// The configuration that decides the result, one `key=value` a line. A checkpoint made under
  /// another one is refused.
  std::string identity;
  /// What the bits depend on beside it: versions, threads, instruction set. A difference is warned
  /// about.
  std::map<std::string, std::string> fingerprint;
  TrainedNetwork network;
  OpenSamples open_samples;
  ValidationSet validation;  ///< Size 0: no validation.
};

/// How it ended, alike on all ranks: Ok (done, diverged, or finished before), Interrupted, or
/// failed with the code of a rank that lacked a sample.
struct TrainResult {
  ExitCode code = ExitCode::Ok;
  std::string state;  ///< As in status.json.
  std::int64_t step = 0;
  std::string reason;
};

/// Refuses what cannot be trained. Throws Error{BadConfig} for a number of ranks that does not
/// divide the global batch. Device and precision: choose_compute.
void check_train_options(const TrainOptions& options, int ranks);

/// Collective: yes. Trains, with checkpoints, metrics and status in the run directory. Stops
/// cleanly at the next step for SIGTERM, SIGUSR1, SIGUSR2 on any rank or a file HALT; a file SAVE
/// asks for a checkpoint. Not finite loss or gradients end the run as `diverged`. A sample that
/// cannot be made ends it as `failed` on all ranks at the step boundary, naming rank and case; a
/// training sample after a checkpoint, a patch of a validation without, so that resuming repeats
/// it. Throws Error: RunOwned, DoNotRequeue,
/// BadConfig (another identity), Io. On another error of one rank the others may wait: end them
/// (dist::MpiSession::abort).
TrainResult train(const TrainSetup& setup, dist::Communicator& communicator);

}  // namespace yates::train
