// SPDX-License-Identifier: Apache-2.0
// One step of the optimisation protocol: forward and backward per sample, the sum over the global
// batch, clip, update.
#pragma once

#include <cstdint>
#include <vector>

#include "dist/communicator.hpp"
#include "dist/ddp/gradient_buckets.hpp"
#include "dist/watchdog.hpp"
#include "launcher/train/options.hpp"
#include "launcher/train/training_state.hpp"

namespace yates::train {

/// What one step reports. All but the times and underruns are equal on all ranks.
struct StepResult {
  double loss = 0;            ///< Mean over the global batch.
  std::vector<double> parts;  ///< Of the loss, likewise; see TrainedNetwork::loss_parts.
  double lr = 0;
  double grad_norm = 0;  ///< Before the clip.
  bool finite = true;    ///< Otherwise nothing was updated.
  double step_s = 0;
  double data_wait_s = 0;
  std::int64_t data_underruns = 0;  ///< Samples of this rank that were not ready in time.
  double comm_wait_s = 0;           ///< Communication that backward did not hide.
};

/// Deterministic: run-to-run, and across numbers of ranks with `reduction: tree`: one sample per
/// backward pass, gradients and loss summed in a fixed tree over samples, one multiply by 1 /
/// batch.
class TrainingStep {
 public:
  /// `steps` is the length of the run, for the schedule of the learning rate.
  TrainingStep(const TrainOptions& options,
               std::int64_t steps,
               const TrainedNetwork& network,
               TrainingState& state,
               dist::Communicator& communicator,
               dist::Watchdog& watchdog);

  /// Collective: yes. Does the step that follows state.step() and counts it, unless loss or
  /// gradient are not finite: then the state stays as it was.
  StepResult run(SampleSource& samples);

 private:
  void backward(const TrainingSample& sample);
  void average_gradients(SampleSource& samples);
  void update(std::span<const at::Tensor> gradients, const StepResult& result);

  const TrainOptions& options_;
  std::int64_t steps_;
  const TrainedNetwork& network_;
  TrainingState& state_;
  dist::Communicator& communicator_;
  dist::Watchdog& watchdog_;
  dist::SampleRange mine_;
  dist::GradientBuckets buckets_;  // Gradients, the loss, its parts.
};

}  // namespace yates::train
