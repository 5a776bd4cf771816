// SPDX-License-Identifier: Apache-2.0
// What the forward and the backward kernels of the scan share: how the tokens are cut, the rows of
// a tile in shared memory, the scan over the ends of the chunks.
//
// Tokens are cut into chunks, one block each, and chunks into tiles of 32 tokens. A block owns up
// to 128 channels (forward: thread = channel, its 16 states in registers) or 64 (backward: four
// lanes = channel, four states each). blockIdx = (chunk, slice of channels, order and sample).
#pragma once

#include "kernels/scan/row_scan_cuda.hpp"
#include "kernels/simt/simt.cuh"

namespace yates::kernels::row_scan {

constexpr int kStates = static_cast<int>(kRowScanMostStates);
constexpr int kTile = 32;
constexpr int kForwardThreads = 128;
constexpr float kLog2E = 1.44269504F;
constexpr float kLn2 = 0.69314718F;

/// The scan as the kernels see it. z = order * batch + sample.
struct Plan {
  int batch, tokens, channels, states, rank;
  int chunk;  ///< Tokens per chunk, a multiple of kTile.
  int chunks;
  int tiles;   ///< Tiles of a whole sample.
  int layers;  ///< orders * batch
  RowScanInputs inputs[kRowScanMostOrders];
};

inline int ceil_divide(std::int64_t a, std::int64_t b) {
  return static_cast<int>((a + b - 1) / b);
}

inline Plan plan_of(const RowScanShape& shape, int orders) {
  Plan plan{};
  plan.batch = static_cast<int>(shape.batch);
  plan.tokens = static_cast<int>(shape.tokens);
  plan.channels = static_cast<int>(shape.channels);
  plan.states = static_cast<int>(shape.states);
  plan.rank = static_cast<int>(shape.rank);
  plan.chunk = shape.tokens >= 131072  ? 512
               : shape.tokens >= 16384 ? 128
               : shape.tokens >= 2048  ? 64
                                       : kTile;
  plan.chunks = ceil_divide(shape.tokens, plan.chunk);
  plan.tiles = ceil_divide(shape.tokens, kTile);
  plan.layers = orders * plan.batch;
  return plan;
}

inline Plan plan_of(const RowScanOrders& scan) {
  Plan plan = plan_of(scan.shape, scan.orders);
  for (int r = 0; r < scan.orders; ++r) {
    plan.inputs[r] = scan.inputs[r];
  }
  return plan;
}

/// Elements of an array (layer, chunk, state, channel) and (layer, chunk, channel).
inline std::int64_t carry_count(const Plan& plan) {
  return std::int64_t{plan.layers} * plan.chunks * kStates * plan.channels;
}
inline std::int64_t step_count(const Plan& plan) {
  return std::int64_t{plan.layers} * plan.chunks * plan.channels;
}

/// The part of a block: which rows, which channels.
struct Part {
  const RowScanInputs* in;
  int layer, sample, chunk, begin, end;  ///< Positions begin .. end - 1.
};

__device__ inline Part part_of(const Plan& plan) {
  const int layer = static_cast<int>(blockIdx.z);
  const int chunk = static_cast<int>(blockIdx.x);
  const int begin = chunk * plan.chunk;
  const int end = begin + plan.chunk;
  return {&plan.inputs[layer / plan.batch],
          layer,
          layer % plan.batch,
          chunk,
          begin,
          end < plan.tokens ? end : plan.tokens};
}

__device__ inline std::int64_t carry_place(const Plan& plan, int layer, int chunk, int state) {
  return ((std::int64_t{layer} * plan.chunks + chunk) * kStates + state) * plan.channels;
}

/// Shared memory: the features of a tile, B and C first, and the step-size weights of the channels.
struct Tile {
  float* features;  ///< (token, stride): 16 B, 16 C, rank step-size features; zero past the end
  float* weights;   ///< (rank, channel of the block)
  int* rows;        ///< (token): row of the whole batch, -1 past the end
  int stride;
  int width;
};

/// Elements between the tokens of Tile::features: whole float4.
inline __host__ __device__ int feature_stride(int rank) {
  return (2 * kStates + rank + 3) / 4 * 4;
}

inline std::size_t tile_bytes(const Plan& plan, int width) {
  return sizeof(float) *
         static_cast<std::size_t>(kTile * feature_stride(plan.rank) + plan.rank * width + kTile);
}

__device__ inline Tile tile_in(float* shared, const Plan& plan, int width) {
  const int stride = feature_stride(plan.rank);
  float* weights = shared + kTile * stride;
  return {shared, weights, reinterpret_cast<int*>(weights + plan.rank * width), stride, width};
}

/// Loads the weights of the channels `first` ... of this block. The next barrier makes them valid.
__device__ inline void stage_weights(const Plan& plan, const Tile& tile, int first) {
  if (plan.inputs[0].dt_weight == nullptr) {
    return;
  }
  for (int i = static_cast<int>(threadIdx.x); i < tile.width; i += static_cast<int>(blockDim.x)) {
    for (int r = 0; r < plan.rank; ++r) {
      tile.weights[r * tile.width + i] =
          first + i < plan.channels
              ? plan.inputs[0].dt_weight[std::int64_t{first + i} * plan.rank + r]
              : 0.0F;
    }
  }
}

__device__ inline float feature_at(const Plan& plan, const Part& part, int row, int column) {
  const float* source = part.in->features + std::int64_t{row} * (plan.rank + 2 * plan.states);
  if (column < 2 * kStates) {
    const int state = column % kStates;
    const int before = plan.rank + (column < kStates ? 0 : plan.states);
    return state < plan.states ? source[before + state] : 0.0F;
  }
  return column - 2 * kStates < plan.rank ? source[column - 2 * kStates] : 0.0F;
}

/// Loads the tile that starts at position `first`. Waits for the block before and after.
__device__ inline void stage_tile(const Plan& plan, const Part& part, const Tile& tile, int first) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warps = static_cast<int>(blockDim.x) / 32;
  const RowScanInputs& in = *part.in;
  const int sample_row = part.sample * plan.tokens;
  __syncthreads();
  for (int t = static_cast<int>(threadIdx.x) / 32; t < kTile; t += warps) {
    int row = -1;
    if (first + t < part.end) {
      const int base = in.order_per_sample ? sample_row : 0;
      row = sample_row + (in.order != nullptr ? in.order[base + first + t] : first + t);
    }
    for (int column = lane; column < tile.stride; column += 32) {
      tile.features[t * tile.stride + column] =
          row >= 0 ? feature_at(plan, part, row, column) : 0.0F;
    }
    if (lane == 0) {
      tile.rows[t] = row;
    }
  }
  __syncthreads();
}

/// dt of one channel at a token of the tile; 0, the identity of the scan, where there is none.
__device__ inline float step_size(const Plan& plan,
                                  const Part& part,
                                  const Tile& tile,
                                  int t,
                                  int channel,
                                  int slot,
                                  float bias) {
  const int row = tile.rows[t];
  if (row < 0) {
    return 0.0F;
  }
  float raw = bias;
  if (part.in->delta != nullptr) {
    raw += part.in->delta[std::int64_t{row} * plan.channels + channel];
  } else {
    for (int r = 0; r < plan.rank; ++r) {
      raw += tile.weights[r * tile.width + slot] * tile.features[t * tile.stride + 2 * kStates + r];
    }
  }
  if (!plan.inputs[0].softplus) {
    return raw;
  }
  return raw > 20.0F ? raw : log1pf(expf(raw));
}

/// A log2(e) of one channel and state, 0 outside.
__device__ inline float exponent_at(const Plan& plan, int channel, int state) {
  return channel < plan.channels && state < plan.states
             ? plan.inputs[0].A[std::int64_t{channel} * plan.states + state] * kLog2E
             : 0.0F;
}

/// Four of the B (or, from kStates on, C) of a token, counted from `state`.
__device__ inline float4 projections_at(const Tile& tile, int t, int state) {
  return *reinterpret_cast<const float4*>(tile.features + t * tile.stride + state);
}

/// Turns the ends that the chunks reach from zero, (layer, chunk, state, channel), into what enters
/// each chunk, in place: the sum of the step sizes of a chunk gives its decay. Thread = channel and
/// state; blockIdx = (channels, state, layer). Backwards for gradients.
template <bool kReverse>
__global__ void carry_kernel(const __grid_constant__ Plan plan,
                             const float* steps,
                             float* carries) {
  const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int state = static_cast<int>(blockIdx.y);
  const int layer = static_cast<int>(blockIdx.z);
  if (channel >= plan.channels) {
    return;
  }
  const float exponent = exponent_at(plan, channel, state);
  float carry = 0.0F;
  for (int i = 0; i < plan.chunks; ++i) {
    const int chunk = kReverse ? plan.chunks - 1 - i : i;
    float* place = carries + carry_place(plan, layer, chunk, state) + channel;
    const float end = *place;
    const float step = steps[(std::int64_t{layer} * plan.chunks + chunk) * plan.channels + channel];
    *place = carry;
    carry = end + fast_exp2(exponent * step) * carry;
  }
}

template <bool kReverse>
void launch_carry(const Plan& plan, const float* steps, float* carries, Stream stream) {
  constexpr unsigned kThreads = 64;
  const auto blocks = static_cast<unsigned>(ceil_divide(plan.channels, kThreads));
  launch(carry_kernel<kReverse>,
         dim3(blocks, kStates, static_cast<unsigned>(plan.layers)),
         dim3(kThreads),
         0,
         stream,
         plan,
         steps,
         carries);
}

/// Threads of a block of the forward kernels: an even share of the channels, whole warps.
inline int forward_threads(const Plan& plan) {
  const int slices = ceil_divide(plan.channels, kForwardThreads);
  return ceil_divide(ceil_divide(plan.channels, slices), 32) * 32;
}

}  // namespace yates::kernels::row_scan
