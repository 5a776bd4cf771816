// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_scan_cuda.cuh"

namespace yates::kernels {
namespace row_scan {
namespace {

/// Where the forward pass writes.
struct Outputs {
  float* y[kRowScanMostOrders];
  float* states;   ///< (layer, tile, state, channel), or null
  float* carries;  ///< (layer, chunk, state, channel), or null for a single chunk
  float* steps;    ///< (layer, chunk, channel)
};

/// One channel of one chunk. kEmit: from what enters the chunk, writing y; else from zero, writing
/// the state at the end of the chunk and the sum of its step sizes.
template <bool kEmit>
class ChannelScan {
 public:
  __device__ ChannelScan(const Plan& plan, const Part& part, const Outputs& out, const Tile& tile)
      : plan_(plan), part_(part), out_(out), tile_(tile) {
    slot_ = static_cast<int>(threadIdx.x);
    channel_ = static_cast<int>(blockIdx.y) * tile.width + slot_;
    active_ = channel_ < plan.channels;
    const RowScanInputs& weights = plan.inputs[0];
    bias_ = active_ && weights.dt_bias != nullptr ? weights.dt_bias[channel_] : 0.0F;
    skip_ = active_ && weights.D != nullptr ? weights.D[channel_] : 0.0F;
    SIMT_UNROLL
    for (int n = 0; n < kStates; ++n) {
      exponent_[n] = exponent_at(plan, channel_, n);
      h_[n] = kEmit && active_ && out.carries != nullptr
                  ? out.carries[carry_place(plan, part.layer, part.chunk, n) + channel_]
                  : 0.0F;
    }
  }

  __device__ void keep_states(int first) const {
    if (!active_ || out_.states == nullptr) {
      return;
    }
    const std::int64_t tile = std::int64_t{part_.layer} * plan_.tiles + first / kTile;
    SIMT_UNROLL
    for (int n = 0; n < kStates; ++n) {
      out_.states[(tile * kStates + n) * plan_.channels + channel_] = h_[n];
    }
  }

  __device__ void run_tile(int first) {
    const int length = part_.end - first < kTile ? part_.end - first : kTile;
    float next = active_ ? part_.in->u[place_of(0)] : 0.0F;
    for (int t = 0; active_ && t < length; ++t) {
      const float u = next;
      if (t + 1 < length) {
        next = part_.in->u[place_of(t + 1)];  // under way while this token is worked on
      }
      const float y = token(t, u);
      if (kEmit) {
        out_.y[part_.layer / plan_.batch][place_of(t)] = y;
      }
    }
  }

  __device__ void write_end() const {
    if (!active_) {
      return;
    }
    SIMT_UNROLL
    for (int n = 0; n < kStates; ++n) {
      out_.carries[carry_place(plan_, part_.layer, part_.chunk, n) + channel_] = h_[n];
    }
    out_.steps[(std::int64_t{part_.layer} * plan_.chunks + part_.chunk) * plan_.channels +
               channel_] = steps_;
  }

 private:
  __device__ std::int64_t place_of(int t) const {
    return std::int64_t{tile_.rows[t]} * plan_.channels + channel_;
  }

  __device__ float token(int t, float u) {
    const float dt = step_size(plan_, part_, tile_, t, channel_, slot_, bias_);
    const float dtu = dt * u;
    float y = skip_ * u;
    steps_ += dt;
    SIMT_UNROLL
    for (int n = 0; n < kStates; n += 4) {
      const float4 B = projections_at(tile_, t, n);
      h_[n] = fast_exp2(dt * exponent_[n]) * h_[n] + dtu * B.x;
      h_[n + 1] = fast_exp2(dt * exponent_[n + 1]) * h_[n + 1] + dtu * B.y;
      h_[n + 2] = fast_exp2(dt * exponent_[n + 2]) * h_[n + 2] + dtu * B.z;
      h_[n + 3] = fast_exp2(dt * exponent_[n + 3]) * h_[n + 3] + dtu * B.w;
      if (kEmit) {
        const float4 C = projections_at(tile_, t, kStates + n);
        y += h_[n] * C.x + h_[n + 1] * C.y + h_[n + 2] * C.z + h_[n + 3] * C.w;
      }
    }
    return y;
  }

  const Plan& plan_;
  const Part& part_;
  const Outputs& out_;
  const Tile& tile_;
  int slot_, channel_;
  bool active_;
  float bias_, skip_;
  float steps_ = 0.0F;
  float exponent_[kStates];
  float h_[kStates];
};

template <bool kEmit>
__global__ void __launch_bounds__(kForwardThreads, 5)
    forward_kernel(const __grid_constant__ Plan plan, const __grid_constant__ Outputs out) {
  SIMT_DYNAMIC_SHARED(float, shared);
  const Part part = part_of(plan);
  const Tile tile = tile_in(shared, plan, static_cast<int>(blockDim.x));
  stage_weights(plan, tile, static_cast<int>(blockIdx.y) * tile.width);
  ChannelScan<kEmit> scan(plan, part, out, tile);
  for (int first = part.begin; first < part.end; first += kTile) {
    stage_tile(plan, part, tile, first);
    if (kEmit) {
      scan.keep_states(first);
    }
    scan.run_tile(first);
  }
  if (!kEmit) {
    scan.write_end();
  }
}

template <bool kEmit>
void launch_forward(const Plan& plan, const Outputs& out, Stream stream) {
  const int threads = forward_threads(plan);
  launch(forward_kernel<kEmit>,
         dim3(static_cast<unsigned>(plan.chunks),
              static_cast<unsigned>(ceil_divide(plan.channels, threads)),
              static_cast<unsigned>(plan.layers)),
         dim3(static_cast<unsigned>(threads)),
         tile_bytes(plan, threads),
         stream,
         plan,
         out);
}

}  // namespace
}  // namespace row_scan

std::int64_t row_scan_cuda_state_count(const RowScanShape& shape, int orders) {
  const row_scan::Plan plan = row_scan::plan_of(shape, orders);
  return std::int64_t{plan.layers} * plan.tiles * row_scan::kStates * plan.channels;
}

void row_scan_forward_cuda(const RowScanOrders& scan,
                           float* const (&y)[kRowScanMostOrders],
                           float* states,
                           float* workspace,
                           Stream stream) {
  require_launch(scan.orders >= 1 && scan.orders <= kRowScanMostOrders, "row scan: 1 to 3 orders");
  require_launch(scan.shape.states <= kRowScanMostStates, "row scan: at most 16 states");
  const row_scan::Plan plan = row_scan::plan_of(scan);
  if (plan.channels == 0 || plan.tokens == 0 || plan.batch == 0) {
    return;
  }
  row_scan::Outputs out{
      .y = {y[0], y[1], y[2]}, .states = states, .carries = nullptr, .steps = nullptr};
  if (plan.chunks > 1) {
    out.carries = workspace;
    out.steps = workspace + row_scan::carry_count(plan);
    row_scan::launch_forward<false>(plan, out, stream);
    row_scan::launch_carry<false>(plan, out.steps, out.carries, stream);
  }
  row_scan::launch_forward<true>(plan, out, stream);
}

}  // namespace yates::kernels
