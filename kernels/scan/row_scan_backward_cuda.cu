// SPDX-License-Identifier: Apache-2.0
// Three walks backwards: what each chunk passes to the one before it if nothing enters from behind;
// the scan over these; then the gradients, chunk by chunk (row_scan_gradient_cuda.cuh).
#include "kernels/scan/row_scan_gradient_cuda.cuh"
#include "kernels/simt/part_sums.cuh"

namespace yates::kernels {
namespace row_scan {
namespace {

/// From the last token of the chunk to the first, nothing entering. Thread = channel.
__global__ void __launch_bounds__(kForwardThreads)
    reverse_kernel(const __grid_constant__ Plan plan, const __grid_constant__ Gradients out) {
  SIMT_DYNAMIC_SHARED(float, shared);
  const Part part = part_of(plan);
  const Tile tile = tile_in(shared, plan, static_cast<int>(blockDim.x));
  const int slot = static_cast<int>(threadIdx.x);
  const int channel = static_cast<int>(blockIdx.y) * tile.width + slot;
  const bool active = channel < plan.channels;
  const RowScanInputs& weights = plan.inputs[0];
  stage_weights(plan, tile, channel - slot);
  const float bias = active && weights.dt_bias != nullptr ? weights.dt_bias[channel] : 0.0F;
  float exponent[kStates];
  float carry[kStates];
  float steps = 0.0F;
  SIMT_UNROLL
  for (int n = 0; n < kStates; ++n) {
    exponent[n] = exponent_at(plan, channel, n);
    carry[n] = 0.0F;
  }
  for (int first = part.begin + plan.chunk - kTile; first >= part.begin; first -= kTile) {
    stage_tile(plan, part, tile, first);
    const int length = part.end - first < kTile ? part.end - first : kTile;
    const auto grad_at = [&](int t) {
      return out.grad_y[std::int64_t{tile.rows[t]} * plan.channels + channel];
    };
    float next = active && length > 0 ? grad_at(length - 1) : 0.0F;
    for (int t = length - 1; active && t >= 0; --t) {
      const float dt = step_size(plan, part, tile, t, channel, slot, bias);
      const float grad = next;
      if (t > 0) {
        next = grad_at(t - 1);  // under way while this token is worked on
      }
      steps += dt;
      SIMT_UNROLL
      for (int n = 0; n < kStates; n += 4) {
        const float4 C = projections_at(tile, t, kStates + n);
        carry[n] = fast_exp2(dt * exponent[n]) * (carry[n] + grad * C.x);
        carry[n + 1] = fast_exp2(dt * exponent[n + 1]) * (carry[n + 1] + grad * C.y);
        carry[n + 2] = fast_exp2(dt * exponent[n + 2]) * (carry[n + 2] + grad * C.z);
        carry[n + 3] = fast_exp2(dt * exponent[n + 3]) * (carry[n + 3] + grad * C.w);
      }
    }
  }
  if (active) {
    SIMT_UNROLL
    for (int n = 0; n < kStates; ++n) {
      out.carries[carry_place(plan, part.layer, part.chunk, n) + channel] = carry[n];
    }
    out.steps[(std::int64_t{part.layer} * plan.chunks + part.chunk) * plan.channels + channel] =
        steps;
  }
}

/// Gradients of B and C of one order: the slices' sums, slice by slice. Thread = row and column.
__global__ void join_kernel(const __grid_constant__ Plan plan,
                            int order,
                            int slices,
                            const float* projected,
                            float* features) {
  const std::int64_t rows = std::int64_t{plan.batch} * plan.tokens;
  const std::int64_t place = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const std::int64_t row = place / kProjected;
  const int column = static_cast<int>(place % kProjected);
  const int state = column % kStates;
  if (row >= rows || state >= plan.states) {
    return;
  }
  const int orders = plan.layers / plan.batch;
  float sum = 0.0F;
  for (int slice = 0; slice < slices; ++slice) {
    sum += projected[((std::int64_t{slice} * orders + order) * rows + row) * kProjected + column];
  }
  features[row * (plan.rank + 2 * plan.states) + plan.rank + (column < kStates ? 0 : plan.states) +
           state] = sum;
}

/// Adds the chunks' sums to the gradients of A, D and dt_bias. blockIdx = (channels, which sum).
__global__ void sum_kernel(const __grid_constant__ Plan plan,
                           const float* sums,
                           float* grad_A,
                           float* grad_D,
                           float* grad_bias) {
  const int which = static_cast<int>(blockIdx.y);
  const int channel = static_cast<int>(blockIdx.x * kPartColumns + threadIdx.x);
  const bool active = channel < plan.channels;
  const float sum = sum_of_parts(sums,
                                 std::int64_t{plan.layers} * plan.chunks,
                                 std::int64_t{kSums} * plan.channels,
                                 active ? std::int64_t{which} * plan.channels + channel : -1);
  if (threadIdx.y > 0 || !active) {
    return;
  }
  if (which < plan.states) {
    grad_A[std::int64_t{channel} * plan.states + which] += sum;
  } else if (which == kStates && grad_D != nullptr) {
    grad_D[channel] += sum;
  } else if (which == kStates + 1 && grad_bias != nullptr) {
    grad_bias[channel] += sum;
  }
}

int gradient_slices(const Plan& plan) {
  return ceil_divide(plan.channels, kSlice);
}

std::int64_t projected_count(const Plan& plan) {
  return std::int64_t{gradient_slices(plan)} * plan.layers * plan.tokens * kProjected;
}

void launch_chunks(const Plan& plan, const Gradients& out, Stream stream) {
  const auto chunks = static_cast<unsigned>(plan.chunks);
  const auto layers = static_cast<unsigned>(plan.layers);
  if (plan.chunks > 1) {
    const int threads = forward_threads(plan);
    launch(reverse_kernel,
           dim3(chunks, static_cast<unsigned>(ceil_divide(plan.channels, threads)), layers),
           dim3(static_cast<unsigned>(threads)),
           tile_bytes(plan, threads),
           stream,
           plan,
           out);
    launch_carry<true>(plan, out.steps, out.carries, stream);
  }
  launch(gradient_kernel,
         dim3(chunks, static_cast<unsigned>(gradient_slices(plan)), layers),
         dim3(kSliceThreads),
         slice_bytes(plan),
         stream,
         plan,
         out);
}

void launch_sums(const Plan& plan,
                 const Gradients& out,
                 const RowScanGradients (&gradients)[kRowScanMostOrders],
                 Stream stream) {
  const std::int64_t columns = std::int64_t{plan.batch} * plan.tokens * kProjected;
  constexpr unsigned kJoinThreads = 256;
  for (int order = 0; order < plan.layers / plan.batch; ++order) {
    launch(join_kernel,
           dim3(static_cast<unsigned>(ceil_divide(columns, kJoinThreads))),
           dim3(kJoinThreads),
           0,
           stream,
           plan,
           order,
           gradient_slices(plan),
           out.projected,
           gradients[order].features);
  }
  launch(sum_kernel,
         dim3(static_cast<unsigned>(ceil_divide(plan.channels, kPartColumns)), kSums),
         dim3(kPartColumns, kPartRows),
         0,
         stream,
         plan,
         out.sums,
         gradients[0].A,
         gradients[0].D,
         gradients[0].dt_bias);
}

}  // namespace
}  // namespace row_scan

std::int64_t row_scan_cuda_workspace(const RowScanShape& shape, int orders) {
  const row_scan::Plan plan = row_scan::plan_of(shape, orders);
  return row_scan::carry_count(plan) + row_scan::step_count(plan) * (1 + row_scan::kSums) +
         row_scan::projected_count(plan);
}

void row_scan_backward_cuda(const RowScanOrders& scan,
                            const float* states,
                            const float* grad_y,
                            const RowScanGradients (&gradients)[kRowScanMostOrders],
                            float* workspace,
                            Stream stream) {
  const row_scan::Plan plan = row_scan::plan_of(scan);
  if (plan.channels == 0 || plan.tokens == 0 || plan.batch == 0) {
    return;
  }
  row_scan::Gradients out{};
  out.states = states;
  out.grad_y = grad_y;
  for (int order = 0; order < scan.orders; ++order) {
    out.u[order] = gradients[order].u;
    out.delta[order] = gradients[order].delta;
  }
  out.carries = workspace;
  out.steps = out.carries + row_scan::carry_count(plan);
  out.sums = out.steps + row_scan::step_count(plan);
  out.projected = out.sums + row_scan::step_count(plan) * row_scan::kSums;
  row_scan::launch_chunks(plan, out, stream);
  row_scan::launch_sums(plan, out, gradients, stream);
}

}  // namespace yates::kernels
