// SPDX-License-Identifier: Apache-2.0
// The encoder ("vit" in the published tree): four stages of convolutions and TriMamba layers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/blocks/convolution.hpp"
#include "model/blocks/large_kernel_conv.hpp"
#include "model/blocks/mlp.hpp"
#include "model/blocks/tri_mamba.hpp"
#include "model/fce/foreground_head.hpp"
#include "model/network/forward_trace.hpp"
#include "model/network_plan.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// One stage: halve the resolution, two convolution blocks, the TriMamba layers if it has them.
class EncoderStage {
 public:
  EncoderStage(const ParameterList& parameters, const ModelOptions& options, std::int64_t stage);

  /// (batch, in, d, w, h) to (batch, out, d/2, w/2, h/2): what the next stage reads. The foreground
  /// head, if there is one, reads once what enters the first TriMamba layer, the tensor it is
  /// trained on, and its probability serves all layers of the stage; without `trace` it runs only
  /// if the scorer needs it.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x,
                                      const DrawPlace& place,
                                      ForwardTrace* trace) const;
  /// What the skip connection carries: the MLP of the normalised stage output.
  [[nodiscard]] at::Tensor skip(const at::Tensor& output) const { return mlp_(output); }
  /// Null without foreground head.
  [[nodiscard]] const ForegroundHead* head() const { return head_ ? &*head_ : nullptr; }

 private:
  using ConvBlock = std::variant<LargeKernelConv, DepthwiseBlock>;

  /// The probability of every token, (batch, token), without gradient; undefined if not needed.
  [[nodiscard]] at::Tensor foreground(const at::Tensor& features, ForwardTrace* trace) const;

  std::int64_t stage_;
  bool scorer_reads_head_;
  Convolution downsampling_;
  std::vector<ConvBlock> convolutions_;
  std::optional<ForegroundHead> head_;
  std::vector<TriMamba> layers_;
  Mlp mlp_;
};

/// All stages.
class Encoder {
 public:
  Encoder(const ParameterList& parameters, const ModelOptions& options);

  /// x (batch, C, d, w, h): skips of stages 0..3, of width C 2^i at 1 / 2^(i+1) of the resolution.
  [[nodiscard]] std::array<at::Tensor, kStages> operator()(const at::Tensor& x,
                                                           const DrawPlace& place,
                                                           ForwardTrace* trace) const;
  /// The readings of all foreground heads on x. Gradients reach the heads' parameters alone.
  [[nodiscard]] std::vector<ForegroundReading> foreground(const at::Tensor& x,
                                                          const DrawPlace& place) const;

 private:
  std::vector<EncoderStage> stages_;
};

}  // namespace yates::model
