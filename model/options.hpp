// SPDX-License-Identifier: Apache-2.0
// The network of an arm as data. Defaults are the paper's baseline; no LibTorch here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace yates::model {

/// Token pruning before the Mamba layers (paper section 2).
struct PruneOptions {
  bool enabled = false;
  /// Fraction of tokens kept, in (0, 1], by order of the Mamba stages (never by encoder stage).
  std::vector<double> keep_rates = {0.5, 0.7};
  std::string scorer = "l2";      ///< l2, random, fce, r0 .. r5
  std::string restore = "fused";  ///< fused, neighbor
  std::string summary = "mean";   ///< mean, score
};

/// Foreground confidence estimator (paper appendices G-I): an auxiliary head and its losses.
struct FceOptions {
  bool enabled = false;
  double bce = 1.0;        ///< Weight of the binary cross-entropy.
  double alignment = 0.0;  ///< Weight of the semantic alignment loss L1.
  double smoothing = 0.0;  ///< Weight of the energy smoothing loss L2.
  std::int64_t pretrain_epochs = 0;
  double threshold = 0.5;
};

/// SegMamba-V2 with the study's factors.
struct ModelOptions {
  std::string network = "segmamba_v2";
  std::int64_t width = 48;                          ///< Channel width C, a positive multiple of 8.
  std::vector<std::int64_t> mamba_stages = {2, 3};  ///< Encoder stages with TriMamba layers.
  bool conv_lt = false;                             ///< Depthwise-separable substitution.
  /// Under conv_lt: a pointwise convolution behind each depthwise one of stages 0 and 1.
  bool conv_lt_pointwise = false;
  PruneOptions prune;
  FceOptions fce;
};

}  // namespace yates::model
