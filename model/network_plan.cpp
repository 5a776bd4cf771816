// SPDX-License-Identifier: Apache-2.0
#include "model/network_plan.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace yates::model {
namespace {

/// Appends layers; every function adds one block of the published module tree.
class Plan {
 public:
  explicit Plan(const ModelOptions& options) : options_(options) {}

  void downsampling(std::int64_t stage) {
    const std::int64_t in = stage == 0 ? options_.width : stage_width(options_, stage - 1);
    add({.name = "vit.downsample_layers." + std::to_string(stage) + ".0",
         .in = in,
         .out = stage_width(options_, stage),
         .kernel = 3,
         .bias = true,
         .level = stage + 1});
  }

  void tri_mamba(const std::string& name, std::int64_t stage) {
    const std::int64_t d = stage_width(options_, stage);
    const double rate = keep_rate(options_, stage);
    add({.name = name + ".norm",
         .kind = LayerKind::LayerNorm,
         .in = d,
         .out = d,
         .level = stage + 1,
         .keep_rate = rate});
    add({.name = name + ".mamba",
         .kind = LayerKind::Mamba,
         .in = d,
         .out = d,
         .level = stage + 1,
         .keep_rate = rate});
  }

  void large_kernel_conv(const std::string& name, std::int64_t stage) {
    const std::int64_t c = stage_width(options_, stage);
    const std::pair<const char*, std::int64_t> convolutions[] = {{".deep_path.0", 5},
                                                                 {".deep_path.1", 3},
                                                                 {".deep_path.2", 3},
                                                                 {".shortcut_path.0", 3},
                                                                 {".shortcut_path.1", 1}};
    for (const auto& [path, kernel] : convolutions) {
      const std::string block = name + path + ".block";
      add({.name = block + ".0",
           .in = c,
           .out = c,
           .kernel = kernel,
           .bias = true,
           .level = stage + 1});
      instance_norm(block + ".1", c, stage + 1);
    }
    linear(name + ".se.fc.0", c, c / kSqueezeRatio);
    linear(name + ".se.fc.2", c / kSqueezeRatio, c);
  }

  void depthwise_block(const std::string& name, std::int64_t stage) {
    const std::int64_t c = stage_width(options_, stage);
    add({.name = name + ".depthwise",
         .in = c,
         .out = c,
         .kernel = 3,
         .groups = c,
         .bias = true,
         .level = stage + 1});
    if (options_.conv_lt_pointwise) {
      add({.name = name + ".pointwise", .in = c, .out = c, .bias = true, .level = stage + 1});
    }
    instance_norm(name + ".norm", c, stage + 1);
  }

  void mlp(std::int64_t stage) {
    const std::int64_t d = stage_width(options_, stage);
    const std::string name = "vit.mlps." + std::to_string(stage);
    instance_norm(name + ".norm", d, stage + 1);
    add({.name = name + ".fc1", .in = d, .out = 2 * d, .bias = true, .level = stage + 1});
    add({.name = name + ".fc2", .in = 2 * d, .out = d, .bias = true, .level = stage + 1});
  }

  void residual_block(const std::string& name,
                      std::int64_t in,
                      std::int64_t out,
                      std::int64_t level) {
    add({.name = name + ".conv1.conv", .in = in, .out = out, .kernel = 3, .level = level});
    instance_norm(name + ".norm1", out, level);
    add({.name = name + ".conv2.conv", .in = out, .out = out, .kernel = 3, .level = level});
    instance_norm(name + ".norm2", out, level);
    if (in != out) {
      add({.name = name + ".conv3.conv", .in = in, .out = out, .kernel = 1, .level = level});
      instance_norm(name + ".norm3", out, level);
    }
  }

  void separable_block(const std::string& name,
                       std::int64_t in,
                       std::int64_t out,
                       std::int64_t level) {
    add({.name = name + ".depthwise.conv",
         .in = in,
         .out = in,
         .kernel = 3,
         .groups = in,
         .level = level});
    add({.name = name + ".pointwise.conv", .in = in, .out = out, .kernel = 1, .level = level});
    instance_norm(name + ".norm", out, level);
  }

  /// A block of the UNETR part: encoder2..5 and the decoders, lightened under Conv-Lt.
  void unetr_block(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t level) {
    if (options_.conv_lt) {
      separable_block(name, in, out, level);
    } else {
      residual_block(name, in, out, level);
    }
  }

  /// decoderN reads stage N-1's width and writes the width and resolution one stage up.
  void decoder(std::int64_t number) {
    const std::string name = "decoder" + std::to_string(number);
    const std::int64_t out = stage_width(options_, number - 2);
    add({.name = name + ".transp_conv.conv",
         .kind = LayerKind::TransposedConvolution,
         .in = 2 * out,
         .out = out,
         .kernel = 2,
         .level = number - 2});
    unetr_block(name + ".conv_block", 2 * out, out, number - 2);
  }

  void output() {
    add({.name = "out.conv.conv", .in = options_.width, .out = kLabels, .kernel = 1, .bias = true});
  }

  void foreground_head(std::int64_t stage) {
    const std::int64_t d = stage_width(options_, stage);
    const std::int64_t hidden = d / kForegroundRatio;
    const std::string name = foreground_name(stage);
    add({.name = name + ".conv1", .in = d, .out = hidden, .level = stage + 1});
    instance_norm(name + ".norm", hidden, stage + 1);
    add({.name = name + ".conv2", .in = hidden, .out = 1, .bias = true, .level = stage + 1});
  }

  std::vector<Layer> take() { return std::move(layers_); }

 private:
  void add(Layer layer) { layers_.push_back(std::move(layer)); }

  void linear(const std::string& name, std::int64_t in, std::int64_t out) {
    add({.name = name, .kind = LayerKind::Linear, .in = in, .out = out, .bias = true});
  }

  void instance_norm(const std::string& name, std::int64_t channels, std::int64_t level) {
    add({.name = name,
         .kind = LayerKind::InstanceNorm,
         .in = channels,
         .out = channels,
         .level = level});
  }

  const ModelOptions& options_;
  std::vector<Layer> layers_;
};

std::string block_name(const char* kind, std::int64_t stage, std::int64_t index) {
  return "vit." + std::string(kind) + "." + std::to_string(stage) + "." + std::to_string(index);
}

}  // namespace

std::int64_t mamba_index(const ModelOptions& options, std::int64_t stage) {
  const auto& stages = options.mamba_stages;
  const auto found = std::find(stages.begin(), stages.end(), stage);
  return found == stages.end() ? -1 : found - stages.begin();
}

double keep_rate(const ModelOptions& options, std::int64_t stage) {
  const std::int64_t index = mamba_index(options, stage);
  if (!options.prune.enabled || index < 0) {
    return 1.0;
  }
  return options.prune.keep_rates.at(static_cast<std::size_t>(index));
}

std::string foreground_name(std::int64_t stage) {
  return kForegroundPrefix + std::to_string(stage);
}

bool uses_foreground(const PruneOptions& prune) {
  return prune.enabled && prune.scorer != "l2" && prune.scorer != "random" && prune.scorer != "r0";
}

std::vector<Layer> network_layers(const ModelOptions& options) {
  Plan plan(options);
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    plan.downsampling(stage);
  }
  for (const std::int64_t stage : options.mamba_stages) {
    for (std::int64_t index = 0; index < kStageDepth; ++index) {
      plan.tri_mamba(block_name("stages", stage, index), stage);
    }
  }
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    for (std::int64_t index = 0; index < kStageDepth; ++index) {
      const std::string name = block_name("gscs", stage, index);
      if (options.conv_lt && stage < kLightStages) {
        plan.depthwise_block(name, stage);
      } else {
        plan.large_kernel_conv(name, stage);
      }
    }
  }
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    plan.mlp(stage);
  }
  plan.residual_block("encoder1.layer", kModalities, options.width, 0);
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    plan.unetr_block("encoder" + std::to_string(stage + 2) + ".layer",
                     stage_width(options, stage),
                     stage_width(options, stage + 1),
                     stage + 1);
  }
  for (std::int64_t number = 5; number >= 2; --number) {
    plan.decoder(number);
  }
  plan.unetr_block("decoder1.layer", options.width, options.width, 0);
  plan.output();
  if (options.fce.enabled) {
    for (const std::int64_t stage : options.mamba_stages) {
      plan.foreground_head(stage);
    }
  }
  return plan.take();
}

}  // namespace yates::model
