// SPDX-License-Identifier: Apache-2.0
// Norms, gather with summary, un-pool: rows of channels, read and written once.
#include "kernels/prune/token_prune_cuda.hpp"
#include "kernels/simt/part_sums.cuh"
#include "kernels/simt/simt.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::int64_t kRowsPerPart = 64;

struct Plan {
  std::int64_t batch, tokens, kept, channels, parts;
};

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

Plan plan_of(const PruneShape& shape, std::int64_t channels) {
  require_launch(shape.kept >= 1 && shape.kept <= shape.tokens, "prune: 1 <= kept <= tokens");
  require_launch(shape.tokens * channels < std::int64_t{1} << 32,
                 "prune: fewer than 2^32 elements");
  return {shape.batch,
          shape.tokens,
          shape.kept,
          channels,
          ceil_divide(shape.tokens - shape.kept, kRowsPerPart)};
}

/// Warp = row.
__global__ void norm_kernel(const float* x,
                            std::int64_t rows,
                            std::int64_t channels,
                            float* norms) {
  const std::int64_t row = std::int64_t{blockIdx.x} * (kThreads / 32) + threadIdx.x / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  float sum = 0.0F;
  for (std::int64_t c = lane; row < rows && c < channels; c += 32) {
    const float value = x[row * channels + c];
    sum += value * value;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(0xFFFFFFFFU, sum, lanes);
  }
  if (row < rows && lane == 0) {
    norms[row] = sqrtf(sum);
  }
}

/// Thread = element of the kept rows. blockIdx.y = sample.
__global__ void gather_kernel(const __grid_constant__ Plan plan,
                              const float* x,
                              const std::int32_t* kept,
                              float* rows) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::int64_t sample = blockIdx.y;
  const std::int64_t row = static_cast<unsigned>(i) / static_cast<unsigned>(plan.channels);
  if (row < plan.kept) {
    const std::int64_t token = kept[sample * plan.kept + row];
    rows[sample * (plan.kept + 1) * plan.channels + i] =
        x[(sample * plan.tokens + token) * plan.channels + (i - row * plan.channels)];
  }
}

/// Sums of 64 dropped rows in order. blockIdx = (part, channels, sample); thread = channel.
__global__ void part_kernel(const __grid_constant__ Plan plan,
                            const float* x,
                            const std::int32_t* dropped,
                            const float* weights,
                            float* parts) {
  const std::int64_t channel = std::int64_t{blockIdx.y} * blockDim.x + threadIdx.x;
  const std::int64_t sample = blockIdx.z;
  const std::int64_t count = plan.tokens - plan.kept;
  const std::int64_t begin = std::int64_t{blockIdx.x} * kRowsPerPart;
  const std::int64_t end = begin + kRowsPerPart < count ? begin + kRowsPerPart : count;
  if (channel >= plan.channels) {
    return;
  }
  float sum = 0.0F;
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t row = sample * plan.tokens + dropped[sample * count + i];
    const float value = x[row * plan.channels + channel];
    sum += weights != nullptr ? weights[row] * value : value;
  }
  parts[(sample * plan.parts + blockIdx.x) * plan.channels + channel] = sum;
}

/// The summary row. blockIdx = (channels, sample).
__global__ void summary_kernel(const __grid_constant__ Plan plan,
                               const float* parts,
                               float scale,
                               float* rows) {
  const std::int64_t channel = std::int64_t{blockIdx.x} * kPartColumns + threadIdx.x;
  const std::int64_t sample = blockIdx.y;
  const bool active = channel < plan.channels;
  const float sum = sum_of_parts(parts + sample * plan.parts * plan.channels,
                                 plan.parts,
                                 plan.channels,
                                 active ? channel : -1);
  if (threadIdx.y == 0 && active) {
    rows[(sample * (plan.kept + 1) + plan.kept) * plan.channels + channel] = scale * sum;
  }
}

/// Thread = element of out. blockIdx.y = sample.
__global__ void unpool_kernel(const __grid_constant__ Plan plan,
                              const float* rows,
                              const std::int32_t* rank,
                              const float* weights,
                              float scale,
                              const float* residual,
                              float* out) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::int64_t sample = blockIdx.y;
  const std::int64_t token = static_cast<unsigned>(i) / static_cast<unsigned>(plan.channels);
  if (token >= plan.tokens) {
    return;
  }
  const std::int64_t place = sample * plan.tokens + token;
  const std::int64_t row = rank[place];
  const std::int64_t source = sample * (plan.kept + 1) + (row >= 0 ? row : plan.kept);
  float value = rows[source * plan.channels + (i - token * plan.channels)];
  if (row < 0) {
    value *= weights != nullptr ? scale * weights[place] : scale;
  }
  const std::int64_t target = sample * plan.tokens * plan.channels + i;
  out[target] = residual != nullptr ? residual[target] + value : value;
}

unsigned blocks_of(std::int64_t elements, std::int64_t threads) {
  return static_cast<unsigned>(ceil_divide(elements, threads));
}

}  // namespace

void token_norms_cuda(
    const float* x, std::int64_t rows, std::int64_t channels, float* norms, Stream stream) {
  launch(norm_kernel,
         dim3(blocks_of(rows, kThreads / 32)),
         dim3(kThreads),
         0,
         stream,
         x,
         rows,
         channels,
         norms);
}

std::int64_t pool_cuda_workspace(const PruneShape& shape, std::int64_t channels) {
  return shape.batch * ceil_divide(shape.tokens - shape.kept, kRowsPerPart) * channels;
}

void pool_tokens_cuda(const PruneShape& shape,
                      std::int64_t channels,
                      const float* x,
                      const std::int32_t* kept,
                      const std::int32_t* dropped,
                      const float* weights,
                      float scale,
                      float* rows,
                      float* workspace,
                      Stream stream) {
  constexpr std::int64_t kPartThreads = 128;
  const Plan plan = plan_of(shape, channels);
  const auto samples = static_cast<unsigned>(plan.batch);
  launch(gather_kernel,
         dim3(blocks_of(plan.kept * channels, kThreads), samples),
         dim3(kThreads),
         0,
         stream,
         plan,
         x,
         kept,
         rows);
  launch(part_kernel,
         dim3(static_cast<unsigned>(plan.parts), blocks_of(channels, kPartThreads), samples),
         dim3(static_cast<unsigned>(kPartThreads)),
         0,
         stream,
         plan,
         x,
         dropped,
         weights,
         workspace);
  launch(summary_kernel,
         dim3(blocks_of(channels, kPartColumns), samples),
         dim3(kPartColumns, kPartRows),
         0,
         stream,
         plan,
         workspace,
         scale,
         rows);
}

void unpool_tokens_cuda(const PruneShape& shape,
                        std::int64_t channels,
                        const float* rows,
                        const std::int32_t* rank,
                        const float* weights,
                        float scale,
                        const float* residual,
                        float* out,
                        Stream stream) {
  const Plan plan = plan_of(shape, channels);
  launch(unpool_kernel,
         dim3(blocks_of(plan.tokens * channels, kThreads), static_cast<unsigned>(plan.batch)),
         dim3(kThreads),
         0,
         stream,
         plan,
         rows,
         rank,
         weights,
         scale,
         residual,
         out);
}

}  // namespace yates::kernels
