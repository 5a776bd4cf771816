// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/training_step.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <ATen/core/grad_mode.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "model/optim/grad_clip.hpp"
#include "model/optim/poly_schedule.hpp"
#include "model/optim/sgd.hpp"

namespace yates::train {
namespace {

std::vector<dist::BucketParameter> bucket_parameters(const TrainingState& state) {
  std::vector<dist::BucketParameter> parameters;
  for (const NamedTensor& parameter : state.parameters()) {
    parameters.push_back({parameter.name, parameter.value});
  }
  return parameters;
}

}  // namespace

TrainingStep::TrainingStep(const TrainOptions& options,
                           std::int64_t steps,
                           const TrainedNetwork& network,
                           TrainingState& state,
                           dist::Communicator& communicator,
                           dist::Watchdog& watchdog)
    : options_(options),
      steps_(steps),
      network_(network),
      state_(state),
      communicator_(communicator),
      watchdog_(watchdog),
      mine_(dist::samples_of_rank(options.global_batch, communicator.rank(), communicator.size())),
      buckets_(bucket_parameters(state),
               communicator,
               {.samples = options.global_batch,
                .extra = 1 + static_cast<std::int64_t>(network.loss_parts.size()),
                .in_tree = options.reduction == "tree"}) {}

void TrainingStep::backward(const TrainingSample& sample) {
  watchdog_.progress("forward", state_.step());
  const SampleLoss loss = network_.loss(sample);
  YATES_ASSERT(loss.parts.size() == network_.loss_parts.size(), "{} parts", loss.parts.size());
  std::vector<float> values = {loss.total.item<float>()};
  std::transform(loss.parts.begin(), loss.parts.end(), std::back_inserter(values), [](double part) {
    return static_cast<float>(part);
  });
  watchdog_.progress("backward", state_.step());
  buckets_.begin_sample(sample.slot, values);
  loss.total.backward();
  buckets_.end_sample();
}

void TrainingStep::average_gradients(SampleSource& samples) {
  buckets_.begin_step();
  for (std::int64_t slot = mine_.begin; slot < mine_.end; ++slot) {
    watchdog_.progress("data", state_.step());
    const TrainingSample sample = samples.next();
    YATES_ASSERT(sample.slot == slot, "slot {}, not {}", sample.slot, slot);
    backward(sample);
  }
  watchdog_.progress("reduce", state_.step());
  buckets_.finish();
}

void TrainingStep::update(std::span<const at::Tensor> gradients, const StepResult& result) {
  const at::NoGradGuard no_grad;
  const model::SgdStep sgd{
      .lr = result.lr,
      .momentum = options_.momentum,
      .weight_decay = options_.weight_decay,
      .gradient_scale = model::clip_factor(result.grad_norm, options_.clip_norm)};
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const NamedTensor& parameter = state_.parameters()[i];
    if (!network_.is_trained || network_.is_trained(parameter.name, state_.step())) {
      model::sgd_update(parameter.value, gradients[i], state_.momentum()[i].value, sgd);
    }
  }
}

StepResult TrainingStep::run(SampleSource& samples) {
  const Stopwatch watch;
  const double data_before = samples.wait_seconds();
  const std::int64_t underruns_before = samples.underruns();
  const double comm_before = buckets_.wait_seconds();
  set_fault_place(communicator_.rank(), state_.step());
  fault_point("step.begin");

  average_gradients(samples);

  StepResult result;
  const std::span<const float> losses = buckets_.extra();
  result.loss = static_cast<double>(losses.front());
  result.parts.assign(losses.begin() + 1, losses.end());
  result.lr = model::poly_learning_rate(options_.lr, options_.poly_power, state_.step(), steps_);
  result.grad_norm = model::global_norm(buckets_.gradients());
  result.finite = std::isfinite(result.loss) && std::isfinite(result.grad_norm);
  if (result.finite) {
    watchdog_.progress("update", state_.step());
    update(buckets_.gradients(), result);
    state_.set_step(state_.step() + 1);
  }
  result.step_s = watch.seconds();
  result.data_wait_s = samples.wait_seconds() - data_before;
  result.data_underruns = samples.underruns() - underruns_before;
  result.comm_wait_s = buckets_.wait_seconds() - comm_before;
  return result;
}

}  // namespace yates::train
