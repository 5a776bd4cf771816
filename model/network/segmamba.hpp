// SPDX-License-Identifier: Apache-2.0
// SegMamba-V2 with the factors of the study: relocate, prune, width, Conv-Lt, FCE.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/network/decoder.hpp"
#include "model/network/encoder.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace yates::model {

/// The network of one arm. Copies share the parameters.
/// Source: published SegMamba-V2 code; MONAI `UnetrBasicBlock`, `UnetrUpBlock`, `UnetOutBlock`.
class SegMamba {
 public:
  /// Allocates the parameters, all zero: initialise or load them. `dtype` is float32 or float64.
  /// Throws Error{BadConfig} with every finding about `options`.
  explicit SegMamba(const ModelOptions& options, at::ScalarType dtype = at::kFloat);

  /// Logits (batch, 4, d, w, h) of x (batch, 4, d, w, h), channels t2w, t2f, t1n, t1c; sides as
  /// `patch_problems` allows, dtype that of the parameters or one of low precision, then that of
  /// the activations (model/precision.hpp); logits have that of the parameters. `place` is read by
  /// the random scorer alone; `trace`, where given, is told what happens. Deterministic for a fixed
  /// thread count; on a GPU see ARCHITECTURE.md.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x,
                                   const DrawPlace& place = {},
                                   ForwardTrace* trace = nullptr) const;

  /// The readings of the foreground heads on x, one per Mamba stage in their order; the decoder
  /// does not run, and gradients reach the heads' parameters alone. Empty without heads.
  [[nodiscard]] std::vector<ForegroundReading> foreground(const at::Tensor& x,
                                                          const DrawPlace& place = {}) const;

  /// In the order of the published state dict.
  [[nodiscard]] const ParameterList& parameters() const { return parameters_; }
  [[nodiscard]] const ModelOptions& options() const { return options_; }

 private:
  ModelOptions options_;
  ParameterList parameters_;
  ResidualBlock first_;
  Encoder encoder_;
  std::vector<ResidualBlock> skips_;  ///< encoder2 .. encoder5
  std::vector<UpBlock> ups_;          ///< decoder5 .. decoder2
  ResidualBlock last_;
  Convolution out_;
};

}  // namespace yates::model
