// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/segmamba_network.hpp"

#include <string>

#include <ATen/ops/stack.h>

#include "model/fce/foreground_loss.hpp"
#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "model/network_plan.hpp"

namespace yates::train {
namespace {

/// Cross-entropy, and under FCE the losses of its heads; these alone in the first
/// `head_only_steps`.
class ArmLoss {
 public:
  ArmLoss(model::SegMamba network,
          std::uint64_t seed,
          std::int64_t head_only_steps,
          at::ScalarType activations)
      : network_(std::move(network)),
        seed_(seed),
        head_only_steps_(head_only_steps),
        activations_(activations) {}

  SampleLoss operator()(const TrainingSample& sample) const {
    const model::DrawPlace place{.seed = seed_,
                                 .step = static_cast<std::uint64_t>(sample.step),
                                 .slot = static_cast<std::uint64_t>(sample.slot)};
    const model::FceOptions& fce = network_.options().fce;
    const at::Tensor x = sample.x.to(activations_);
    if (!fce.enabled) {
      return model::cross_entropy(network_.forward(x, place), sample.y);
    }
    if (sample.step < head_only_steps_) {
      const auto losses = model::foreground_losses(network_.foreground(x, place), sample.y);
      return {losses.total(fce), parts(losses)};
    }
    model::ForwardTrace trace;
    const at::Tensor logits = network_.forward(x, place, &trace);
    const auto losses = model::foreground_losses(trace.foreground, sample.y);
    return {model::cross_entropy(logits, sample.y).add(losses.total(fce)), parts(losses)};
  }

 private:
  static at::Tensor parts(const model::ForegroundLosses& losses) {
    return at::stack({losses.bce.detach(), losses.alignment.detach(), losses.smoothing.detach()});
  }

  model::SegMamba network_;
  std::uint64_t seed_;
  std::int64_t head_only_steps_;
  at::ScalarType activations_;
};

}  // namespace

TrainedNetwork make_segmamba(const model::ModelOptions& options,
                             std::uint64_t seed,
                             std::int64_t steps_per_epoch,
                             const ComputePolicy& compute) {
  const model::SegMamba network(options);
  model::initialise(network.parameters(), seed);
  network.parameters().move_to(compute.device);
  TrainedNetwork trained;
  for (const model::Parameter& parameter : network.parameters()) {
    trained.parameters.push_back({parameter.name, parameter.value});
  }
  const std::int64_t head_only =
      options.fce.enabled ? options.fce.pretrain_epochs * steps_per_epoch : 0;
  trained.loss = ArmLoss(network, seed, head_only, compute.activations);
  if (options.fce.enabled) {
    trained.loss_parts = {"fce_bce", "fce_alignment", "fce_smoothing"};
    trained.is_trained = [head_only](const std::string& parameter, std::int64_t step) {
      return step >= head_only || parameter.starts_with(model::kForegroundPrefix);
    };
  }
  trained.logits = [network, seed, type = compute.activations](const at::Tensor& x) {
    return network.forward(x.to(type), {.seed = seed});
  };
  return trained;
}

}  // namespace yates::train
