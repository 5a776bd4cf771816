// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/training_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "model/optim/grad_clip.hpp"
#include "model/optim/poly_schedule.hpp"
#include "model/optim/sgd.hpp"

namespace yates::train {

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
      in_tree_(options.reduction == "tree"),
      tree_(communicator,
            options.global_batch,
            state.elements() + 1 + static_cast<std::int64_t>(network.loss_parts.size())),
      gradient_(static_cast<std::size_t>(state.elements()) + 1 + network.loss_parts.size()),
      sum_(in_tree_ ? 0 : gradient_.size()) {}

// Fills gradient_ from one backward pass and forgets the gradients in the parameters.
void TrainingStep::backward(const TrainingSample& sample) {
  watchdog_.progress("forward", state_.step());
  const SampleLoss loss = network_.loss(sample);
  YATES_ASSERT(loss.parts.size() == network_.loss_parts.size(), "{} parts", loss.parts.size());
  watchdog_.progress("backward", state_.step());
  loss.total.backward();
  auto target = gradient_.begin();
  for (const NamedTensor& parameter : state_.parameters()) {
    at::Tensor& gradient = parameter.value.mutable_grad();
    const std::int64_t count = parameter.value.numel();
    if (gradient.defined()) {
      const at::Tensor values = gradient.contiguous();
      target = std::copy_n(values.const_data_ptr<float>(), count, target);
    } else {
      target = std::fill_n(target, count, 0.0F);
    }
    gradient.reset();
  }
  *target++ = loss.total.item<float>();
  std::transform(loss.parts.begin(), loss.parts.end(), target, [](double part) {
    return static_cast<float>(part);
  });
}

std::span<float> TrainingStep::reduce_samples(SampleSource& samples) {
  std::fill(sum_.begin(), sum_.end(), 0.0F);
  for (std::int64_t slot = mine_.begin; slot < mine_.end; ++slot) {
    watchdog_.progress("data", state_.step());
    const TrainingSample sample = samples.next();
    YATES_ASSERT(sample.slot == slot, "slot {}, not {}", sample.slot, slot);
    backward(sample);
    if (fault_point("grad.before_reduce") == FaultAction::Nan) {
      gradient_.front() = std::numeric_limits<float>::quiet_NaN();
    }
    if (in_tree_) {
      tree_.add(slot, gradient_);
    } else {
      std::transform(sum_.begin(), sum_.end(), gradient_.begin(), sum_.begin(), std::plus<float>());
    }
  }
  watchdog_.progress("reduce", state_.step());
  if (in_tree_) {
    return tree_.finish();
  }
  communicator_.all_reduce_sum(sum_);
  return sum_;
}

std::vector<at::Tensor> TrainingStep::gradients_in(std::span<float> sums) const {
  std::vector<at::Tensor> gradients;
  float* data = sums.data();
  for (const NamedTensor& parameter : state_.parameters()) {
    gradients.push_back(at::from_blob(data, parameter.value.sizes(), at::kFloat));
    data += parameter.value.numel();
  }
  return gradients;
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
  const double comm_before = communicator_.wait_seconds();
  set_fault_place(communicator_.rank(), state_.step());
  fault_point("step.begin");

  const std::span<float> sums = reduce_samples(samples);
  const float scale = 1.0F / static_cast<float>(options_.global_batch);
  std::for_each(sums.begin(), sums.end(), [scale](float& value) { value *= scale; });
  const std::vector<at::Tensor> gradients = gradients_in(sums);

  StepResult result;
  const std::span<float> losses = sums.subspan(static_cast<std::size_t>(state_.elements()));
  result.loss = static_cast<double>(losses.front());
  result.parts.assign(losses.begin() + 1, losses.end());
  result.lr = model::poly_learning_rate(options_.lr, options_.poly_power, state_.step(), steps_);
  result.grad_norm = model::global_norm(gradients);
  result.finite = std::isfinite(result.loss) && std::isfinite(result.grad_norm);
  if (result.finite) {
    watchdog_.progress("update", state_.step());
    update(gradients, result);
    state_.set_step(state_.step() + 1);
  }
  result.step_s = watch.seconds();
  result.data_wait_s = samples.wait_seconds() - data_before;
  result.data_underruns = samples.underruns() - underruns_before;
  result.comm_wait_s = communicator_.wait_seconds() - comm_before;
  return result;
}

}  // namespace yates::train
