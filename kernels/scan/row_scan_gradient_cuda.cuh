// SPDX-License-Identifier: Apache-2.0
// The last walk of the backward pass: the gradients of one chunk from its kept states. Four lanes
// share a channel, so that the states of 8 tokens stay in registers.
#pragma once

#include "kernels/scan/row_scan_cuda.cuh"

namespace yates::kernels::row_scan {

constexpr int kQuad = 4;  ///< Lanes per channel, and states per lane.
constexpr int kStep = 8;  ///< Tokens whose states are in registers at a time.
constexpr int kSliceThreads = 256;
constexpr int kSlice = kSliceThreads / kQuad;  ///< Channels per block.
constexpr int kWarps = kSliceThreads / 32;
constexpr int kProjected = 2 * kStates;  ///< Gradients of B and C of a token.
constexpr int kSums = kStates + 2;       ///< Gradients of A, D and dt_bias of a channel.

/// Arrays of the backward pass.
struct Gradients {
  const float* states;  ///< (layer, tile, state, channel)
  const float* grad_y;
  float* u[kRowScanMostOrders];
  float* delta[kRowScanMostOrders];
  float* carries;    ///< (layer, chunk, state, channel)
  float* steps;      ///< (layer, chunk, channel)
  float* projected;  ///< (slice, layer, row, 32)
  float* sums;       ///< (layer, chunk, A of each state and D and dt_bias, channel)
};

/// Shared memory of the gradient kernel beside the tile.
struct Slice {
  float* u;          ///< (token, channel of the block)
  float* dt;         ///< (token, channel of the block)
  float* grad_y;     ///< (token, channel of the block)
  float* projected;  ///< (warp, token of the step, 32)
};

inline std::size_t slice_bytes(const Plan& plan) {
  return tile_bytes(plan, kSlice) +
         sizeof(float) * static_cast<std::size_t>(3 * kTile * kSlice + kWarps * kStep * kProjected);
}

/// Four states of one channel of one chunk, all tokens of the chunk from the last to the first.
class QuadGradients {
 public:
  __device__ QuadGradients(const Plan& plan,
                           const Part& part,
                           const Gradients& out,
                           const Tile& tile,
                           const Slice& slice)
      : plan_(plan), part_(part), out_(out), tile_(tile), slice_(slice) {
    const int thread = static_cast<int>(threadIdx.x);
    lane_ = thread % 32;
    warp_ = thread / 32;
    state_ = lane_ % kQuad * kQuad;
    slot_ = thread / kQuad;
    channel_ = static_cast<int>(blockIdx.y) * kSlice + slot_;
    active_ = channel_ < plan.channels;
    skip_ = active_ && plan.inputs[0].D != nullptr ? plan.inputs[0].D[channel_] : 0.0F;
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      exponent_[k] = exponent_at(plan, channel_, state_ + k);
      grad_A_[k] = 0.0F;
      carry_[k] =
          active_ && plan.chunks > 1
              ? out.carries[carry_place(plan, part.layer, part.chunk, state_ + k) + channel_]
              : 0.0F;
    }
  }

  /// A staged tile, in four steps from the last. The states before a step come from those kept
  /// before the tile, or from those in its middle, by at most one more step.
  __device__ void run_tile(int first) {
    float middle[kQuad];
    load_states(first, middle);
    advance_over(0, kTile / 2, middle);
    SIMT_NO_UNROLL
    for (int step = kTile - kStep; step >= 0; step -= kStep) {
      float before[kQuad];
      load_states(first, before);
      if (step >= kTile / 2) {
        SIMT_UNROLL
        for (int k = 0; k < kQuad; ++k) {
          before[k] = middle[k];
        }
      }
      advance_over(step / (kTile / 2) * (kTile / 2), step, before);
      run_step(step, before);
      write_projected(step);
    }
  }

  __device__ void write_sums() const {
    if (!active_) {
      return;
    }
    float* sums =
        out_.sums +
        (std::int64_t{part_.layer} * plan_.chunks + part_.chunk) * kSums * plan_.channels +
        channel_;
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      sums[std::int64_t{state_ + k} * plan_.channels] = grad_A_[k];
    }
    if (state_ == 0) {
      sums[std::int64_t{kStates} * plan_.channels] = grad_D_;
      sums[std::int64_t{kStates + 1} * plan_.channels] = grad_bias_;
    }
  }

 private:
  __device__ void load_states(int first, float (&h)[kQuad]) const {
    const std::int64_t tile = std::int64_t{part_.layer} * plan_.tiles + first / kTile;
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      h[k] =
          active_ ? out_.states[(tile * kStates + state_ + k) * plan_.channels + channel_] : 0.0F;
    }
  }

  __device__ void advance_over(int begin, int end, float (&h)[kQuad]) const {
    SIMT_NO_UNROLL
    for (int t = begin; t < end; ++t) {
      advance(t, h);
    }
  }

  __device__ void advance(int t, float (&h)[kQuad], float* decays = nullptr) const {
    const float dt = slice_.dt[t * kSlice + slot_];
    const float dtu = dt * slice_.u[t * kSlice + slot_];
    const float4 B = projections_at(tile_, t, state_);
    const float b[kQuad] = {B.x, B.y, B.z, B.w};
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      const float decay = fast_exp2(dt * exponent_[k]);
      h[k] = decay * h[k] + dtu * b[k];
      if (decays != nullptr) {
        decays[k] = decay;
      }
    }
  }

  /// The tokens first .. first + 7 of the tile, of which `before` is the state before the first.
  __device__ void run_step(int first, const float (&before)[kQuad]) {
    float decays[kStep][kQuad];
    float states[kStep + 1][kQuad];
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      states[0][k] = before[k];
    }
    SIMT_UNROLL
    for (int t = 0; t < kStep; ++t) {
      SIMT_UNROLL
      for (int k = 0; k < kQuad; ++k) {
        states[t + 1][k] = states[t][k];
      }
      advance(first + t, states[t + 1], decays[t]);
    }
    SIMT_UNROLL
    for (int t = kStep - 1; t >= 0; --t) {
      run_token(first + t, t, states[t], states[t + 1], decays[t]);
    }
  }

  __device__ void run_token(int t,
                            int step,
                            const float (&before)[kQuad],
                            const float (&after)[kQuad],
                            const float (&decays)[kQuad]) {
    const int row = tile_.rows[t];
    const std::int64_t place = std::int64_t{row} * plan_.channels + channel_;
    const bool there = active_ && row >= 0;
    const float grad_y = slice_.grad_y[t * kSlice + slot_];
    const float dt = slice_.dt[t * kSlice + slot_];
    const float u = slice_.u[t * kSlice + slot_];
    const float4 B = projections_at(tile_, t, state_);
    const float4 C = projections_at(tile_, t, kStates + state_);
    const float b[kQuad] = {B.x, B.y, B.z, B.w};
    const float c[kQuad] = {C.x, C.y, C.z, C.w};
    float shares[2 * kQuad];
    float grad_dt = 0.0F;
    float grad_dtu = 0.0F;
    SIMT_UNROLL
    for (int k = 0; k < kQuad; ++k) {
      const float grad_h = grad_y * c[k] + carry_[k];
      shares[k] = grad_h * (dt * u);
      shares[kQuad + k] = grad_y * after[k];
      carry_[k] = grad_h * decays[k];
      const float grad_exponent = carry_[k] * before[k];
      grad_A_[k] += grad_exponent * dt;
      grad_dt += grad_exponent * exponent_[k];
      grad_dtu += grad_h * b[k];
    }
    scatter_shares(step, shares);
    write_token(place, there, grad_y, dt, u, over_quad(grad_dt), over_quad(grad_dtu));
  }

  __device__ static float over_quad(float value) {
    value += __shfl_xor_sync(0xFFFFFFFFU, value, 1);
    return value + __shfl_xor_sync(0xFFFFFFFFU, value, 2);
  }

  /// Adds the 8 shares over the 8 channels of the warp, halving lanes and values in step: each lane
  /// ends with one sum.
  __device__ void scatter_shares(int step, float (&shares)[2 * kQuad]) const {
    SIMT_UNROLL
    for (int half = kQuad; half > 0; half /= 2) {
      const int other = half * kQuad;  // the lane bit that is exchanged
      const bool upper = (lane_ & other) != 0;
      SIMT_UNROLL
      for (int i = 0; i < half; ++i) {
        const float sent = upper ? shares[i] : shares[i + half];
        const float kept = upper ? shares[i + half] : shares[i];
        shares[i] = kept + __shfl_xor_sync(0xFFFFFFFFU, sent, other);
      }
    }
    const int value = lane_ / kQuad;
    const int column = value < kQuad ? state_ + value : kStates + state_ + value - kQuad;
    slice_.projected[(warp_ * kStep + step) * kProjected + column] = shares[0];
  }

  __device__ void write_token(std::int64_t place,
                              bool there,
                              float grad_y,
                              float dt,
                              float u,
                              float grad_dt,
                              float grad_dtu) {
    const float slope = plan_.inputs[0].softplus ? -expm1f(-dt) : 1.0F;
    const float grad_raw = (grad_dt * kLn2 + grad_dtu * u) * slope;
    if (there && state_ == 0) {
      const int order = part_.layer / plan_.batch;
      out_.u[order][place] = grad_dtu * dt + skip_ * grad_y;
      out_.delta[order][place] = grad_raw;
      grad_D_ += grad_y * u;
      grad_bias_ += grad_raw;
    }
  }

  /// The block's sums over its channels of 8 tokens: warp by warp, in order.
  __device__ void write_projected(int first) const {
    __syncthreads();
    const int column = lane_;
    const int row = tile_.rows[first + warp_];
    if (row >= 0) {
      float sum = 0.0F;
      for (int warp = 0; warp < kWarps; ++warp) {
        sum += slice_.projected[(warp * kStep + warp_) * kProjected + column];
      }
      const std::int64_t rows = std::int64_t{plan_.batch} * plan_.tokens;
      const std::int64_t layer =
          std::int64_t{blockIdx.y} * (plan_.layers / plan_.batch) + part_.layer / plan_.batch;
      out_.projected[(layer * rows + row) * kProjected + column] = sum;
    }
    __syncthreads();
  }

  const Plan& plan_;
  const Part& part_;
  const Gradients& out_;
  const Tile& tile_;
  const Slice& slice_;
  int lane_, warp_, state_, slot_, channel_;
  bool active_;
  float skip_;
  float grad_D_ = 0.0F, grad_bias_ = 0.0F;
  float exponent_[kQuad], carry_[kQuad], grad_A_[kQuad];
};
static_assert(kWarps == kStep && kProjected == 32);

/// u, dt and the gradient of y of the tile, zero where there is no token or channel.
__device__ inline void stage_steps(
    const Plan& plan, const Part& part, const Tile& tile, const Slice& slice, const float* grad_y) {
  const int slot = static_cast<int>(threadIdx.x) % kSlice;
  const int channel = static_cast<int>(blockIdx.y) * kSlice + slot;
  const bool active = channel < plan.channels;
  const RowScanInputs& weights = plan.inputs[0];
  const float bias = active && weights.dt_bias != nullptr ? weights.dt_bias[channel] : 0.0F;
  for (int t = static_cast<int>(threadIdx.x) / kSlice; t < kTile; t += kSliceThreads / kSlice) {
    const int row = tile.rows[t];
    const bool there = active && row >= 0;
    const std::int64_t place = std::int64_t{row} * plan.channels + channel;
    slice.u[t * kSlice + slot] = there ? part.in->u[place] : 0.0F;
    slice.grad_y[t * kSlice + slot] = there ? grad_y[place] : 0.0F;
    slice.dt[t * kSlice + slot] =
        there ? step_size(plan, part, tile, t, channel, slot, bias) : 0.0F;
  }
  __syncthreads();
}

static __global__ void __launch_bounds__(kSliceThreads, 2)
    gradient_kernel(const __grid_constant__ Plan plan, const __grid_constant__ Gradients out) {
  SIMT_DYNAMIC_SHARED(float, shared);
  const Part part = part_of(plan);
  constexpr int kRows = kTile * kSlice;
  const Slice slice{shared, shared + kRows, shared + 2 * kRows, shared + 3 * kRows};
  const Tile tile = tile_in(slice.projected + kWarps * kStep * kProjected, plan, kSlice);
  stage_weights(plan, tile, static_cast<int>(blockIdx.y) * kSlice);
  QuadGradients gradients(plan, part, out, tile, slice);
  SIMT_NO_UNROLL
  for (int first = (part.end - 1) / kTile * kTile; first >= part.begin; first -= kTile) {
    stage_tile(plan, part, tile, first);
    stage_steps(plan, part, tile, slice, out.grad_y);
    gradients.run_tile(first);
  }
  gradients.write_sums();
}

}  // namespace yates::kernels::row_scan
