// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/training_step.hpp"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "base/error.hpp"
#include "base/fault.hpp"
#include "model/optim/grad_clip.hpp"
#include "model/optim/poly_schedule.hpp"
#include "model/optim/sgd.hpp"

namespace yates::train {
namespace {

/// Steps whose results may wait on the device.
constexpr std::int64_t kMostWaiting = 10;

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
                           dist::Watchdog& watchdog,
                           const ComputePolicy& compute)
    : options_(options),
      steps_(steps),
      network_(network),
      state_(state),
      communicator_(communicator),
      watchdog_(watchdog),
      compute_(compute),
      mine_(dist::samples_of_rank(options.global_batch, communicator.rank(), communicator.size())),
      buckets_(bucket_parameters(state),
               communicator,
               {.samples = options.global_batch,
                .extra = 1 + static_cast<std::int64_t>(network.loss_parts.size()),
                .in_tree = options.reduction == "tree",
                .device_sums = !compute.device.is_cpu()}) {}

at::Tensor TrainingStep::on_device(const at::Tensor& tensor) const {
  // Pinned, so that the copy waits for nothing.
  return compute_.device.is_cpu() ? tensor : tensor.pin_memory().to(compute_.device, true);
}

void TrainingStep::backward(const TrainingSample& sample) {
  watchdog_.progress("forward", state_.step());
  const TrainingSample placed{on_device(sample.x), on_device(sample.y), sample.step, sample.slot};
  const SampleLoss loss = network_.loss(placed);
  std::vector<at::Tensor> values = {loss.total.detach().view({1})};
  if (loss.parts.defined()) {
    values.push_back(loss.parts);
  }
  watchdog_.progress("backward", state_.step());
  buckets_.begin_sample(sample.slot, at::cat(values).to(at::kFloat));
  state_.loss_scale().scaled(loss.total).backward();
  buckets_.end_sample();
}

void TrainingStep::fetch(SampleSource& samples) {
  const Stopwatch watch;
  const double wait_before = samples.wait_seconds();
  const std::int64_t underruns_before = samples.underruns();
  set_fault_place(communicator_.rank(), state_.step());
  fault_point("data.fetch");
  samples_.clear();
  for (std::int64_t slot = mine_.begin; slot < mine_.end; ++slot) {
    watchdog_.progress("data", state_.step());
    samples_.push_back(samples.next());
    YATES_ASSERT(samples_.back().slot == slot, "slot {}, not {}", samples_.back().slot, slot);
  }
  fetched_.step_s = watch.seconds();
  fetched_.data_wait_s = samples.wait_seconds() - wait_before;
  fetched_.data_underruns = samples.underruns() - underruns_before;
}

void TrainingStep::average_gradients() {
  buckets_.begin_step();
  for (const TrainingSample& sample : samples_) {
    backward(sample);
  }
  watchdog_.progress("reduce", state_.step());
  buckets_.finish();
}

bool TrainingStep::is_updated(const std::string& parameter) const {
  return !network_.is_trained || network_.is_trained(parameter, state_.step());
}

std::vector<model::SgdTriple> TrainingStep::updated_triples() const {
  std::vector<model::SgdTriple> triples;
  for (std::size_t i = 0; i < buckets_.gradients().size(); ++i) {
    const NamedTensor& parameter = state_.parameters()[i];
    if (is_updated(parameter.name)) {
      triples.push_back({.parameter = parameter.value,
                         .gradient = buckets_.gradients()[i],
                         .velocity = state_.momentum()[i].value});
    }
  }
  return triples;
}

void TrainingStep::decide_here(StepResult& result) {
  const float* losses = buckets_.extra().const_data_ptr<float>();
  result.loss = static_cast<double>(losses[0]);
  result.parts.assign(losses + 1, losses + buckets_.extra().numel());
  result.grad_norm = model::global_norm(buckets_.gradients());
  result.finite = std::isfinite(result.loss) && std::isfinite(result.grad_norm);
  if (result.finite) {
    watchdog_.progress("update", state_.step());
    const at::NoGradGuard no_grad;
    model::sgd_update(updated_triples(),
                      {.lr = result.lr,
                       .momentum = options_.momentum,
                       .weight_decay = options_.weight_decay,
                       .gradient_scale = model::clip_factor(result.grad_norm, options_.clip_norm)});
    state_.set_step(state_.step() + 1);
  }
}

at::Tensor TrainingStep::decide_on_device(const StepResult& result) {
  const at::NoGradGuard no_grad;
  watchdog_.progress("update", state_.step());
  const model::LossScale& loss_scale = state_.loss_scale();
  const at::Tensor before = loss_scale.state().clone();
  const at::Tensor scale = before.select(0, 0);
  const at::Tensor norm = model::gradient_norm(buckets_.gradients(), scale);
  const at::Tensor skip = loss_scale.judge(norm + buckets_.extra().select(0, 0));
  model::sgd_update(
      updated_triples(),
      {.lr = result.lr, .momentum = options_.momentum, .weight_decay = options_.weight_decay},
      options_.clip_norm,
      {.norm = norm, .loss_scale = scale, .skip = skip});
  state_.set_step(state_.step() + 1);
  return at::cat({buckets_.extra(), norm.view({1}), before, loss_scale.state()});
}

void TrainingStep::advance() {
  YATES_ASSERT(!is_full(), "{} results wait", waiting_.size());
  const Stopwatch watch;
  const double comm_before = buckets_.wait_seconds();
  set_fault_place(communicator_.rank(), state_.step());
  fault_point("step.begin");

  average_gradients();

  Waiting waiting{.result = fetched_, .values = {}};
  StepResult& result = waiting.result;
  result.step = state_.step() + 1;
  result.lr = model::poly_learning_rate(options_.lr, options_.poly_power, state_.step(), steps_);
  if (compute_.decides_on_device()) {
    waiting.values = decide_on_device(result);
  } else {
    decide_here(result);
  }
  result.step_s += watch.seconds();
  result.comm_wait_s = buckets_.wait_seconds() - comm_before;
  waiting_.push_back(std::move(waiting));
}

bool TrainingStep::is_full() const {
  return std::ssize(waiting_) >= (compute_.decides_on_device() ? kMostWaiting : 1);
}

StepResult TrainingStep::read(const Waiting& waiting, const float* values) const {
  constexpr std::int64_t kState = 4;
  StepResult result = waiting.result;
  const float* norm = values + buckets_.extra().numel();
  const auto state = [&](std::int64_t place) { return static_cast<double>(norm[1 + place]); };
  result.loss = static_cast<double>(values[0]);
  result.parts.assign(values + 1, norm);
  result.grad_norm = static_cast<double>(*norm);
  result.loss_scale = state(0);
  result.skipped_steps = static_cast<std::int64_t>(state(kState + 2));
  result.finite = state(kState + 3) == 0;
  return result;
}

std::vector<StepResult> TrainingStep::take_results() {
  std::vector<StepResult> results;
  if (waiting_.empty()) {
    return results;
  }
  if (!compute_.decides_on_device()) {
    results.push_back(waiting_.front().result);
  } else {
    watchdog_.progress("results", state_.step());
    std::vector<at::Tensor> rows;
    for (const Waiting& waiting : waiting_) {
      rows.push_back(waiting.values);
    }
    const at::Tensor table = at::stack(rows).to(at::kCPU).contiguous();
    const double step_s = since_taken_.seconds() / static_cast<double>(waiting_.size());
    for (std::size_t i = 0; i < waiting_.size() && (results.empty() || results.back().finite);
         ++i) {
      const float* row =
          table.const_data_ptr<float>() + static_cast<std::int64_t>(i) * table.size(1);
      results.push_back(read(waiting_[i], row));
      results.back().step_s = step_s;
    }
    if (!results.back().finite) {
      state_.set_step(results.back().step - 1);
    }
  }
  waiting_.clear();
  since_taken_.restart();
  return results;
}

StepResult TrainingStep::run() {
  advance();
  return take_results().back();
}

}  // namespace yates::train
