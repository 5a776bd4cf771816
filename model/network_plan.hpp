// SPDX-License-Identifier: Apache-2.0
// SegMamba-V2 as a list of layers, in the order of the published state dict.
// Source: published code (brats23/models_segmamba/segmambav2.py), paper section 2 for the factors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/layer.hpp"
#include "model/options.hpp"

namespace yates::model {

inline constexpr std::int64_t kModalities = 4;    ///< Input channels: t2w, t2f, t1n, t1c.
inline constexpr std::int64_t kLabels = 4;        ///< Output channels: background and labels 1..3.
inline constexpr std::int64_t kStages = 4;        ///< Encoder stages.
inline constexpr std::int64_t kStageDepth = 2;    ///< Blocks of each kind per stage.
inline constexpr std::int64_t kSqueezeRatio = 8;  ///< Channels per hidden unit of squeeze-excite.
inline constexpr std::int64_t kForegroundRatio = 8;  ///< Channels per hidden one of the FCE head.
inline constexpr std::int64_t kLightStages =
    2;  ///< Stages 0, 1 lose LargeKernelConv under Conv-Lt.

/// Channels of encoder stage 0..3: C, 2C, 4C, 8C. Stage 4 is the bottleneck, 16C.
constexpr std::int64_t stage_width(const ModelOptions& options, std::int64_t stage) {
  return options.width << stage;
}

/// Position of an encoder stage among the Mamba stages, or -1.
std::int64_t mamba_index(const ModelOptions& options, std::int64_t stage);

/// Keep rate of an encoder stage: by its place among the Mamba stages; 1 where nothing is pruned.
double keep_rate(const ModelOptions& options, std::int64_t stage);

/// What the names of all tensors of foreground heads begin with.
inline constexpr const char* kForegroundPrefix = "vit.fce.";

/// Prefix of the tensors of a stage's foreground head: "vit.fce.2".
std::string foreground_name(std::int64_t stage);

/// Whether the scorer reads the foreground heads: fce and r1 .. r5, where tokens are pruned.
bool uses_foreground(const PruneOptions& prune);

/// All layers of the network; those of the foreground heads, which the published network does not
/// have, come last. Precondition: `options` passed `check_options`.
std::vector<Layer> network_layers(const ModelOptions& options);

}  // namespace yates::model
