// SPDX-License-Identifier: Apache-2.0
#include "model/network/encoder.hpp"

#include <ATen/ops/sigmoid.h>
#include <c10/core/GradMode.h>

#include "model/precision.hpp"

namespace yates::model {

EncoderStage::EncoderStage(const ParameterList& parameters,
                           const ModelOptions& options,
                           std::int64_t stage)
    : stage_(stage),
      scorer_reads_head_(uses_foreground(options.prune)),
      downsampling_(parameters,
                    "vit.downsample_layers." + std::to_string(stage) + ".0",
                    {.stride = 2, .padding = 1}),
      mlp_(parameters, "vit.mlps." + std::to_string(stage)) {
  const TokenPruning pruning{.keep_rate = keep_rate(options, stage),
                             .scorer = options.prune.scorer,
                             .summary = options.prune.summary,
                             .restore = options.prune.restore};
  if (options.fce.enabled && mamba_index(options, stage) >= 0) {
    head_.emplace(parameters, foreground_name(stage));
  }
  for (std::int64_t index = 0; index < kStageDepth; ++index) {
    const std::string place = std::to_string(stage) + "." + std::to_string(index);
    if (options.conv_lt && stage < kLightStages) {
      convolutions_.emplace_back(DepthwiseBlock(parameters, "vit.gscs." + place));
    } else {
      convolutions_.emplace_back(LargeKernelConv(parameters, "vit.gscs." + place));
    }
    if (mamba_index(options, stage) >= 0) {
      layers_.emplace_back(parameters, "vit.stages." + place, pruning);
    }
  }
}

at::Tensor EncoderStage::foreground(const at::Tensor& features, ForwardTrace* trace) const {
  if (!head_ || (trace == nullptr && !scorer_reads_head_)) {
    return {};
  }
  const at::Tensor logits = full_precision((*head_)(features));
  if (trace != nullptr) {
    trace->foreground.push_back({.stage = stage_, .features = features, .logits = logits});
    trace->tell(foreground_name(stage_), logits);
  }
  const c10::NoGradGuard no_grad;
  return at::sigmoid(logits).flatten(1);
}

at::Tensor EncoderStage::operator()(const at::Tensor& x,
                                    const DrawPlace& place,
                                    ForwardTrace* trace) const {
  const auto tell = [&](const std::string& kind, const at::Tensor& output) {
    if (trace != nullptr) {
      trace->tell("vit." + kind, output);
    }
  };
  const std::string stage = std::to_string(stage_);
  at::Tensor y = downsampling_(x);
  tell("downsample_layers." + stage, y);
  for (std::size_t index = 0; index < convolutions_.size(); ++index) {
    y = std::visit([&](const auto& block) { return block(y); }, convolutions_[index]);
    tell("gscs." + stage + "." + std::to_string(index), y);
  }
  const ScoreContext context{.place = place, .foreground = foreground(y, trace)};
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    y = layers_[index](y, context);
    tell("stages." + stage + "." + std::to_string(index), y);
  }
  return y;
}

Encoder::Encoder(const ParameterList& parameters, const ModelOptions& options) {
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    stages_.emplace_back(parameters, options, stage);
  }
}

std::array<at::Tensor, kStages> Encoder::operator()(const at::Tensor& x,
                                                    const DrawPlace& place,
                                                    ForwardTrace* trace) const {
  std::array<at::Tensor, kStages> skips;
  at::Tensor output = x;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    output = stages_[stage](output, place, trace);
    skips[stage] = stages_[stage].skip(output);
    if (trace != nullptr) {
      trace->tell("vit.mlps." + std::to_string(stage), skips[stage]);
    }
  }
  return skips;
}

std::vector<ForegroundReading> Encoder::foreground(const at::Tensor& x,
                                                   const DrawPlace& place) const {
  ForwardTrace trace;
  std::size_t heads = 0;
  for (const EncoderStage& stage : stages_) {
    heads += stage.head() == nullptr ? 0 : 1;
  }
  {
    const c10::NoGradGuard no_grad;
    at::Tensor output = x;
    for (std::size_t stage = 0; trace.foreground.size() < heads; ++stage) {
      output = stages_[stage](output, place, &trace);
    }
  }
  for (ForegroundReading& reading : trace.foreground) {
    reading.logits = full_precision(
        (*stages_[static_cast<std::size_t>(reading.stage)].head())(reading.features));
  }
  return trace.foreground;
}

}  // namespace yates::model
