// SPDX-License-Identifier: Apache-2.0
// A layer of the network as data: what its tensors are called and shaped, and what it costs.
// Counting, initialisation and construction all read the same list of layers.
#pragma once

#include <cstdint>
#include <string>

namespace yates::model {

enum class LayerKind { Convolution, TransposedConvolution, Linear, InstanceNorm, LayerNorm, Mamba };

/// One layer with weights, or a normalisation without (kept for the FLOP count).
struct Layer {
  std::string name;  ///< Published name of the module: "encoder1.layer.conv1.conv".
  LayerKind kind = LayerKind::Convolution;
  std::int64_t in = 0;      ///< Channels read.
  std::int64_t out = 0;     ///< Channels written.
  std::int64_t kernel = 1;  ///< Side of a cubic kernel, voxels.
  std::int64_t groups = 1;
  bool bias = false;
  std::int64_t level = 0;  ///< The output has patch side / 2^level voxels per axis.
  double keep_rate = 1.0;  ///< Fraction of tokens that a LayerNorm or Mamba sees, in (0, 1].
};

/// Sizes of a Mamba layer of channel width d (state-spaces/mamba v1).
struct MambaSizes {
  std::int64_t inner;    ///< Channels of the scan, 2 d.
  std::int64_t dt_rank;  ///< ceil(d / 16).
  std::int64_t state = 16;
  std::int64_t taps = 4;  ///< Width of the causal convolution.
  /// Rows of x_proj: dt, B, C.
  [[nodiscard]] std::int64_t projected() const { return dt_rank + 2 * state; }
};

constexpr MambaSizes mamba_sizes(std::int64_t width) {
  return MambaSizes{.inner = 2 * width, .dt_rank = (width + 15) / 16};
}

/// Token orders in which a TriMamba layer scans a volume.
inline constexpr std::int64_t kScanOrders = 3;

}  // namespace yates::model
