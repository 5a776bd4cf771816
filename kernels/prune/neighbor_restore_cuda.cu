// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_cuda.hpp"
#include "kernels/simt/part_sums.cuh"
#include "kernels/simt/simt.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::int64_t kTokensPerPart = 64;
constexpr int kAxes = 3;

/// The grid of a shape for walking.
struct Grid {
  std::int64_t tokens, kept, channels, parts;
  std::int64_t lengths[kAxes], strides[kAxes];
};

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

Grid grid_of(const NeighborShape& shape) {
  const std::int64_t tokens = shape.depth * shape.height * shape.width;
  require_launch(shape.kept >= 1 && shape.kept <= tokens, "neighbours: 1 <= kept <= tokens");
  require_launch(shape.batch < 65536, "neighbours: fewer than 65536 samples");
  return {.tokens = tokens,
          .kept = shape.kept,
          .channels = shape.channels,
          .parts = ceil_divide(tokens - shape.kept, kTokensPerPart),
          .lengths = {shape.depth, shape.height, shape.width},
          .strides = {shape.height * shape.width, shape.width, 1}};
}

/// Steps that can be made from a token along an axis towards lower (way 0) or higher indices.
__device__ inline std::int64_t steps_left(const Grid& grid, std::int64_t token, int axis, int way) {
  const std::int64_t place = token / grid.strides[axis] % grid.lengths[axis];
  return way == 0 ? place : grid.lengths[axis] - 1 - place;
}

__device__ inline std::int64_t one_step(const Grid& grid, int axis, int way) {
  return way == 0 ? -grid.strides[axis] : grid.strides[axis];
}

/// Thread = token. blockIdx.y = sample.
__global__ void stencil_kernel(const __grid_constant__ Grid grid,
                               const std::int32_t* all_ranks,
                               const __grid_constant__ NeighborStencil<float> stencil) {
  const std::int64_t token = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (token >= grid.tokens) {
    return;
  }
  const std::int32_t* rank = all_ranks + blockIdx.y * grid.tokens;
  const std::int64_t place = (blockIdx.y * grid.tokens + token) * kNeighborDirections;
  const bool is_kept = rank[token] >= 0;
  float sum = 0;
  for (int k = 0; k < kNeighborDirections; ++k) {
    const std::int64_t step = one_step(grid, k / 2, k % 2);
    const std::int64_t most = is_kept ? 0 : steps_left(grid, token, k / 2, k % 2);
    std::int64_t distance = 1;
    while (distance <= most && rank[token + distance * step] < 0) {
      ++distance;
    }
    const bool met = distance <= most;
    const float weight = met ? 1.0F / static_cast<float>(distance) : 0.0F;
    stencil.rows[place + k] = met ? rank[token + distance * step] : -1;
    stencil.weights[place + k] = weight;
    sum += weight;
  }
  if (sum == 0) {
    stencil.rows[place] = is_kept ? rank[token] : static_cast<std::int32_t>(grid.kept);
    stencil.weights[place] = 1;
    return;
  }
  for (int k = 0; k < kNeighborDirections; ++k) {
    stencil.weights[place + k] /= sum;
  }
}

/// Thread = element of y. blockIdx.y = sample.
__global__ void restore_kernel(const __grid_constant__ Grid grid,
                               const __grid_constant__ NeighborStencil<float> stencil,
                               const float* rows,
                               float* y) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::int64_t token = i / grid.channels;
  if (token >= grid.tokens) {
    return;
  }
  const std::int64_t place = (blockIdx.y * grid.tokens + token) * kNeighborDirections;
  const float* source =
      rows + blockIdx.y * (grid.kept + 1) * grid.channels + (i - token * grid.channels);
  float sum = 0;
  for (int k = 0; k < kNeighborDirections; ++k) {
    const std::int64_t row = stencil.rows[place + k];
    if (row >= 0) {
      sum += stencil.weights[place + k] * source[row * grid.channels];
    }
  }
  y[blockIdx.y * grid.tokens * grid.channels + i] = sum;
}

/// Thread = element of the kept rows. blockIdx.y = sample. The tokens made of a row stand on the
/// axes through its token, up to the next kept one.
__global__ void kept_gradient_kernel(const __grid_constant__ Grid grid,
                                     const __grid_constant__ NeighborSelection selection,
                                     const float* all_weights,
                                     const float* grad_y,
                                     float* grad_rows) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::int64_t row = i / grid.channels;
  if (row >= grid.kept) {
    return;
  }
  const std::int64_t first = blockIdx.y * grid.tokens;
  const std::int32_t* rank = selection.rank + first;
  const float* weights = all_weights + first * kNeighborDirections;
  const float* gradient = grad_y + first * grid.channels + (i - row * grid.channels);
  const std::int64_t token = selection.kept[blockIdx.y * grid.kept + row];
  float sum = gradient[token * grid.channels];
  for (int k = 0; k < kNeighborDirections; ++k) {
    // Seen from there, this row lies the other way.
    const int slot = k ^ 1;
    const std::int64_t step = one_step(grid, k / 2, k % 2);
    const std::int64_t most = steps_left(grid, token, k / 2, k % 2);
    for (std::int64_t distance = 1; distance <= most; ++distance) {
      const std::int64_t other = token + distance * step;
      if (rank[other] >= 0) {
        break;
      }
      sum += weights[other * kNeighborDirections + slot] * gradient[other * grid.channels];
    }
  }
  grad_rows[blockIdx.y * (grid.kept + 1) * grid.channels + i] = sum;
}

/// Sums over the tokens, of 64 dropped ones, that met none. blockIdx = (part, channels, sample);
/// thread = channel.
__global__ void lonely_parts_kernel(const __grid_constant__ Grid grid,
                                    const std::int32_t* dropped,
                                    const std::int32_t* stencil_rows,
                                    const float* grad_y,
                                    float* parts) {
  const std::int64_t channel = std::int64_t{blockIdx.y} * blockDim.x + threadIdx.x;
  const std::int64_t sample = blockIdx.z;
  const std::int64_t count = grid.tokens - grid.kept;
  const std::int64_t begin = std::int64_t{blockIdx.x} * kTokensPerPart;
  const std::int64_t end = begin + kTokensPerPart < count ? begin + kTokensPerPart : count;
  if (channel >= grid.channels) {
    return;
  }
  float sum = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t token = sample * grid.tokens + dropped[sample * count + i];
    if (stencil_rows[token * kNeighborDirections] == grid.kept) {
      sum += grad_y[token * grid.channels + channel];
    }
  }
  parts[(sample * grid.parts + blockIdx.x) * grid.channels + channel] = sum;
}

/// The gradient of the summary's row. blockIdx = (channels, sample).
__global__ void summary_gradient_kernel(const __grid_constant__ Grid grid,
                                        const float* parts,
                                        float* grad_rows) {
  const std::int64_t channel = std::int64_t{blockIdx.x} * kPartColumns + threadIdx.x;
  const std::int64_t sample = blockIdx.y;
  const bool active = channel < grid.channels;
  const float sum = sum_of_parts(parts + sample * grid.parts * grid.channels,
                                 grid.parts,
                                 grid.channels,
                                 active ? channel : -1);
  if (threadIdx.y == 0 && active) {
    grad_rows[(sample * (grid.kept + 1) + grid.kept) * grid.channels + channel] = sum;
  }
}

dim3 blocks_of(std::int64_t elements, std::int64_t batch) {
  return {static_cast<unsigned>(ceil_divide(elements, kThreads)), static_cast<unsigned>(batch)};
}

}  // namespace

void neighbor_stencil_cuda(const NeighborShape& shape,
                           const std::int32_t* rank,
                           const NeighborStencil<float>& stencil,
                           Stream stream) {
  const Grid grid = grid_of(shape);
  launch(stencil_kernel,
         blocks_of(grid.tokens, shape.batch),
         dim3(kThreads),
         0,
         stream,
         grid,
         rank,
         stencil);
}

void neighbor_restore_cuda(const NeighborShape& shape,
                           const NeighborStencil<float>& stencil,
                           const float* rows,
                           float* y,
                           Stream stream) {
  const Grid grid = grid_of(shape);
  launch(restore_kernel,
         blocks_of(grid.tokens * grid.channels, shape.batch),
         dim3(kThreads),
         0,
         stream,
         grid,
         stencil,
         rows,
         y);
}

std::int64_t neighbor_cuda_workspace(const NeighborShape& shape) {
  const std::int64_t tokens = shape.depth * shape.height * shape.width;
  return shape.batch * ceil_divide(tokens - shape.kept, kTokensPerPart) * shape.channels;
}

void neighbor_restore_backward_cuda(const NeighborShape& shape,
                                    const NeighborSelection& selection,
                                    const NeighborStencil<float>& stencil,
                                    const float* grad_y,
                                    float* grad_rows,
                                    float* workspace,
                                    Stream stream) {
  constexpr std::int64_t kPartThreads = 128;
  const Grid grid = grid_of(shape);
  const auto samples = static_cast<unsigned>(shape.batch);
  const auto channel_blocks = static_cast<unsigned>(ceil_divide(grid.channels, kPartThreads));
  launch(kept_gradient_kernel,
         blocks_of(grid.kept * grid.channels, shape.batch),
         dim3(kThreads),
         0,
         stream,
         grid,
         selection,
         stencil.weights,
         grad_y,
         grad_rows);
  launch(lonely_parts_kernel,
         dim3(static_cast<unsigned>(grid.parts), channel_blocks, samples),
         dim3(static_cast<unsigned>(kPartThreads)),
         0,
         stream,
         grid,
         selection.dropped,
         stencil.rows,
         grad_y,
         workspace);
  launch(summary_gradient_kernel,
         dim3(static_cast<unsigned>(ceil_divide(grid.channels, kPartColumns)), samples),
         dim3(kPartColumns, kPartRows),
         0,
         stream,
         grid,
         workspace,
         grad_rows);
}

}  // namespace yates::kernels
