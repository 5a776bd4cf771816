// SPDX-License-Identifier: Apache-2.0
#include "model/network/encoder.hpp"

namespace yates::model {

EncoderStage::EncoderStage(const ParameterList& parameters,
                           const ModelOptions& options,
                           std::int64_t stage)
    : downsampling_(parameters,
                    "vit.downsample_layers." + std::to_string(stage) + ".0",
                    {.stride = 2, .padding = 1}),
      mlp_(parameters, "vit.mlps." + std::to_string(stage)) {
  const TokenPruning pruning{.keep_rate = keep_rate(options, stage),
                             .scorer = options.prune.scorer,
                             .summary = options.prune.summary};
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

at::Tensor EncoderStage::operator()(const at::Tensor& x, const DrawPlace& place) const {
  at::Tensor y = downsampling_(x);
  for (const ConvBlock& block : convolutions_) {
    y = std::visit([&](const auto& convolution) { return convolution(y); }, block);
  }
  for (const TriMamba& layer : layers_) {
    y = layer(y, place);
  }
  return y;
}

Encoder::Encoder(const ParameterList& parameters, const ModelOptions& options) {
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    stages_.emplace_back(parameters, options, stage);
  }
}

std::array<at::Tensor, kStages> Encoder::operator()(const at::Tensor& x,
                                                    const DrawPlace& place) const {
  std::array<at::Tensor, kStages> skips;
  at::Tensor output = x;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    output = stages_[stage](output, place);
    skips[stage] = stages_[stage].skip(output);
  }
  return skips;
}

}  // namespace yates::model
