// SPDX-License-Identifier: Apache-2.0
#include "model/fce/foreground_loss.hpp"

#include <cstdint>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>

#include "base/error.hpp"
#include "model/precision.hpp"
#include "model/prune/token_scores.hpp"

namespace yates::model {
namespace {

constexpr double kDiceTerm = 1e-5;

/// Foreground fraction of every token of a stage: (batch, 1, d, h, w).
at::Tensor pooled_mask(const at::Tensor& labels, const ForegroundReading& reading) {
  const std::int64_t side = std::int64_t{2} << reading.stage;
  const at::Tensor mask = (labels > 0).to(reading.logits.scalar_type()).unsqueeze(1);
  return at::avg_pool3d(mask, {side, side, side});
}

at::Tensor soft_dice_loss(const at::Tensor& probability, const at::Tensor& mask) {
  const at::Tensor both = (probability * mask).sum(at::IntArrayRef{1, 2, 3, 4});
  const at::Tensor sizes = (probability + mask).sum(at::IntArrayRef{1, 2, 3, 4});
  return (1.0 - (both * 2.0 + kDiceTerm) / (sizes + kDiceTerm)).mean();
}

at::Tensor roughness(const at::Tensor& features) {
  const at::Tensor tokens = features.flatten(2).transpose(1, 2);
  const at::Tensor energy = energy_map(tokens).view(
      {features.size(0), features.size(2), features.size(3), features.size(4)});
  at::Tensor sum = at::zeros({}, energy.options());
  std::int64_t pairs = 0;
  for (std::int64_t axis = 1; axis <= 3; ++axis) {
    const std::int64_t steps = energy.size(axis) - 1;
    const at::Tensor difference = energy.narrow(axis, 1, steps) - energy.narrow(axis, 0, steps);
    sum = sum + difference.square().sum();
    pairs += difference.numel();
  }
  return pairs == 0 ? sum : sum / static_cast<double>(pairs);
}

}  // namespace

at::Tensor ForegroundLosses::total(const FceOptions& weights) const {
  at::Tensor sum = at::zeros({}, bce.options());
  const std::pair<double, const at::Tensor*> terms[] = {
      {weights.bce, &bce}, {weights.alignment, &alignment}, {weights.smoothing, &smoothing}};
  for (const auto& [weight, loss] : terms) {
    if (weight != 0) {
      sum = sum + *loss * weight;
    }
  }
  return sum;
}

ForegroundLosses foreground_losses(std::span<const ForegroundReading> readings,
                                   const at::Tensor& labels) {
  YATES_ASSERT(!readings.empty(), "no foreground head was read");
  const at::Tensor zero = at::zeros({}, readings.front().logits.options());
  ForegroundLosses losses{zero, zero, zero};
  const double share = 1.0 / static_cast<double>(readings.size());
  for (const ForegroundReading& reading : readings) {
    const at::Tensor mask = pooled_mask(labels, reading);
    const at::Tensor bce = at::binary_cross_entropy_with_logits(reading.logits, mask);
    losses.bce = losses.bce + bce * share;
    losses.alignment = losses.alignment + soft_dice_loss(at::sigmoid(reading.logits), mask) * share;
    losses.smoothing = losses.smoothing + roughness(full_precision(reading.features)) * share;
  }
  return losses;
}

}  // namespace yates::model
