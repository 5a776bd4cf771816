// SPDX-License-Identifier: Apache-2.0
#include "model/profile/flop_count.hpp"

#include "model/kept_tokens.hpp"

namespace yates::model {
namespace {

std::int64_t voxels_at(const std::array<std::int64_t, 3>& patch, std::int64_t level) {
  return (patch[0] >> level) * (patch[1] >> level) * (patch[2] >> level);
}

FlopCount convolution(const Layer& layer, std::int64_t voxels) {
  const std::int64_t taps = layer.kernel * layer.kernel * layer.kernel;
  const std::int64_t matrix = 2 * voxels * layer.out * (layer.in / layer.groups) * taps;
  return {.matrix = matrix, .hooks = matrix + (layer.bias ? 2 * voxels * layer.out : 0)};
}

FlopCount transposed_convolution(const Layer& layer, std::int64_t voxels) {
  // Stride equals kernel side: every output voxel has one tap per input channel.
  const std::int64_t matrix = 2 * voxels * layer.out * layer.in;
  return {.matrix = matrix, .hooks = matrix};
}

FlopCount mamba(const Layer& layer, std::int64_t tokens) {
  const MambaSizes sizes = mamba_sizes(layer.in);
  const std::int64_t rows = kScanOrders * scanned_tokens(layer.keep_rate, tokens);
  const std::int64_t in_proj = layer.in * 2 * sizes.inner;
  const std::int64_t conv1d = sizes.inner * sizes.taps;
  const std::int64_t x_proj = sizes.inner * sizes.projected();
  const std::int64_t dt_proj = sizes.dt_rank * sizes.inner;
  const std::int64_t out_proj = sizes.inner * layer.out;
  return {.matrix = 2 * rows * (in_proj + conv1d + x_proj + dt_proj + out_proj),
          .hooks = 2 * rows * (conv1d + sizes.inner + x_proj + out_proj)};
}

}  // namespace

FlopCount& FlopCount::operator+=(const FlopCount& other) {
  matrix += other.matrix;
  hooks += other.hooks;
  return *this;
}

FlopCount flop_count(const Layer& layer, const std::array<std::int64_t, 3>& patch) {
  const std::int64_t voxels = voxels_at(patch, layer.level);
  switch (layer.kind) {
    case LayerKind::Convolution: return convolution(layer, voxels);
    case LayerKind::TransposedConvolution: return transposed_convolution(layer, voxels);
    case LayerKind::Linear:
      return {.matrix = 2 * layer.in * layer.out, .hooks = 2 * layer.in * layer.out};
    case LayerKind::InstanceNorm: return {.matrix = 0, .hooks = 2 * 2 * voxels * layer.in};
    case LayerKind::LayerNorm:
      return {.matrix = 0,
              .hooks = 2 * kScanOrders * scanned_tokens(layer.keep_rate, voxels) * layer.in};
    case LayerKind::Mamba: return mamba(layer, voxels);
  }
  return {};
}

}  // namespace yates::model
