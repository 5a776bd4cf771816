// SPDX-License-Identifier: Apache-2.0
// One step of the optimisation protocol: forward and backward per sample, the sum over the global
// batch, clip, update.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "dist/communicator.hpp"
#include "dist/ddp/gradient_buckets.hpp"
#include "dist/watchdog.hpp"
#include "launcher/train/compute_policy.hpp"
#include "launcher/train/options.hpp"
#include "launcher/train/training_state.hpp"
#include "model/optim/sgd.hpp"

namespace yates::train {

/// What one step reports. All but the times and underruns are equal on all ranks.
struct StepResult {
  std::int64_t step = 0;      ///< From 1.
  double loss = 0;            ///< Mean over the global batch.
  std::vector<double> parts;  ///< Of the loss, likewise; see TrainedNetwork::loss_parts.
  double lr = 0;
  double grad_norm = 0;            ///< Before the clip.
  bool finite = true;              ///< Otherwise nothing was updated and training cannot go on.
  double loss_scale = 1;           ///< That the step used.
  std::int64_t skipped_steps = 0;  ///< So far, for want of finite gradients (model::LossScale).
  double step_s = 0;  ///< Where results are read late, the mean over those read together.
  double data_wait_s = 0;
  std::int64_t data_underruns = 0;  ///< Samples of this rank that were not ready in time.
  double comm_wait_s = 0;           ///< Communication that backward did not hide.
};

/// Deterministic: run-to-run, and across numbers of ranks with `reduction: tree`: one sample per
/// backward pass, gradients and loss summed in a fixed tree over samples, one multiply by 1 /
/// batch. On a GPU (`compute.decides_on_device`) clip, update and the verdict are the device's, and
/// a rank alone waits for it only in take_results; the communicator then sums device memory.
class TrainingStep {
 public:
  /// `steps` is the length of the run, for the schedule of the learning rate.
  TrainingStep(const TrainOptions& options,
               std::int64_t steps,
               const TrainedNetwork& network,
               TrainingState& state,
               dist::Communicator& communicator,
               dist::Watchdog& watchdog,
               const ComputePolicy& compute = {});

  /// Collective: no. Takes this rank's samples of the step that follows state.step(), so that the
  /// ranks can agree about a failure before they enter it. Throws what making a sample threw.
  void fetch(SampleSource& samples);

  /// Collective: yes. Does that step with the samples fetched and counts it, unless loss or
  /// gradient are not finite: then the state stays as it was.
  StepResult run();

  /// Collective: yes. The same without the result, which take_results gives later.
  void advance();
  /// Whether results must be taken before the next step.
  [[nodiscard]] bool is_full() const;
  /// Collective: no, but equal on all ranks. Of all steps since the last call, up to the first that
  /// is not finite: the state is then as that step found it. Waits for the device.
  std::vector<StepResult> take_results();

 private:
  struct Waiting {
    StepResult result;
    at::Tensor values;  ///< On the device: loss, parts, norm, then LossScale::state before, after.
  };

  void backward(const TrainingSample& sample);
  void average_gradients();
  void decide_here(StepResult& result);
  at::Tensor decide_on_device(const StepResult& result);
  /// What the step updates, with the mean gradients.
  [[nodiscard]] std::vector<model::SgdTriple> updated_triples() const;
  [[nodiscard]] bool is_updated(const std::string& parameter) const;
  [[nodiscard]] at::Tensor on_device(const at::Tensor& tensor) const;
  [[nodiscard]] StepResult read(const Waiting& waiting, const float* values) const;

  const TrainOptions& options_;
  std::int64_t steps_;
  const TrainedNetwork& network_;
  TrainingState& state_;
  dist::Communicator& communicator_;
  dist::Watchdog& watchdog_;
  ComputePolicy compute_;
  dist::SampleRange mine_;
  std::vector<TrainingSample> samples_;  // Of the next step.
  StepResult fetched_;                   // What `fetch` took: times and underruns alone.
  std::vector<Waiting> waiting_;
  Stopwatch since_taken_;
  dist::GradientBuckets buckets_;  // Gradients, the loss, its parts.
};

}  // namespace yates::train
