// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/column_sums.cuh"
#include "kernels/simt/narrow_float.cuh"
#include "kernels/squeeze/squeeze_excite_cuda.hpp"

namespace yates::kernels {
namespace {

constexpr unsigned kDenseThreads = 256;

ColumnGrid grid_of(const SqueezeExciteShape& shape) {
  return shape.layout == VolumeLayout::ChannelsLast
             ? ColumnGrid(shape.batch, shape.voxels, shape.channels)
             : ColumnGrid(shape.batch * shape.channels, shape.voxels, 1);
}

/// The workspace: sums of the parts, then values per (batch, channel) or (batch, hidden).
struct Scratch {
  float *parts, *grad_gates, *outer, *inner, *shifts;

  Scratch(const SqueezeExciteShape& shape, float* workspace) : parts(workspace) {
    const ColumnGrid grid = grid_of(shape);
    const std::int64_t planes = shape.batch * shape.channels;
    grad_gates = parts + grid.problems * grid.parts * grid.channels;
    outer = grad_gates + planes;
    shifts = outer + planes;
    inner = shifts + planes;
  }
};

/// Writes this block's sums: (problem, part, channel).
__device__ inline void write_part(const ColumnGrid& grid,
                                  const ColumnShare& share,
                                  float sum,
                                  float* parts) {
  SIMT_SHARED(float, scratch, kColumnThreads);
  sum = column_sum(grid, sum, scratch);
  if (threadIdx.x < grid.columns && share.first < share.end) {
    parts[(std::int64_t{blockIdx.z} * grid.parts + blockIdx.x) * grid.channels + share.channel] =
        sum;
  }
}

/// What is kept of s is what is summed: the backward pass reads no other.
template <typename V>
__global__ void squeeze_kernel(const __grid_constant__ ColumnGrid grid,
                               const __grid_constant__ SqueezeExciteInputs<float, V> inputs,
                               int terms,
                               V* sums,
                               float* parts) {
  const ColumnShare share(grid);
  float total = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    float s = load(inputs.terms[0][i]);
    s += terms > 1 ? load(inputs.terms[1][i]) : 0.0F;
    s += terms > 2 ? load(inputs.terms[2][i]) : 0.0F;
    const V kept = store<V>(s);
    if (terms > 1) {
      sums[i] = kept;
    }
    total += load(kept);
  }
  write_part(grid, share, total, parts);
}

template <typename V>
__global__ void products_kernel(const __grid_constant__ ColumnGrid grid,
                                const V* grad_y,
                                const V* sum,
                                float* parts) {
  const ColumnShare share(grid);
  float total = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    total += load(grad_y[i]) * load(sum[i]);
  }
  write_part(grid, share, total, parts);
}

/// factor times the sum over the parts: one block of kJoinThreads per channel (x) and problem (y).
__global__ void join_parts_kernel(const __grid_constant__ ColumnGrid grid,
                                  const float* parts,
                                  double factor,
                                  float* out) {
  SIMT_SHARED(double, scratch, kJoinThreads);
  const double sum =
      part_sum(parts + std::int64_t{blockIdx.y} * grid.parts * grid.channels + blockIdx.x,
               grid.parts,
               grid.channels,
               scratch);
  if (threadIdx.x == 0) {
    out[std::int64_t{blockIdx.y} * grid.channels + blockIdx.x] = static_cast<float>(sum * factor);
  }
}

/// One block per sample.
__global__ void gates_kernel(const __grid_constant__ SqueezeExciteShape shape,
                             const __grid_constant__ SqueezeExciteWeights<float> weights,
                             const __grid_constant__ SqueezeExciteKept<float> kept) {
  const float* means = kept.means + blockIdx.x * shape.channels;
  float* hidden = kept.hidden + blockIdx.x * shape.hidden;
  for (std::int64_t h = threadIdx.x; h < shape.hidden; h += kDenseThreads) {
    float sum = weights.bias1[h];
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      sum += weights.weight1[h * shape.channels + c] * means[c];
    }
    hidden[h] = sum < 0 ? 0.0F : sum;
  }
  __syncthreads();
  for (std::int64_t c = threadIdx.x; c < shape.channels; c += kDenseThreads) {
    float sum = weights.bias2[c];
    for (std::int64_t h = 0; h < shape.hidden; ++h) {
      sum += weights.weight2[c * shape.hidden + h] * hidden[h];
    }
    kept.gates[blockIdx.x * shape.channels + c] = 1.0F / (1.0F + expf(-sum));
  }
}

/// One block per sample: gradients before the two activations, and of s through the mean.
__global__ void gates_backward_kernel(const __grid_constant__ SqueezeExciteShape shape,
                                      const __grid_constant__ SqueezeExciteWeights<float> weights,
                                      const __grid_constant__ SqueezeExciteKept<float> kept,
                                      const __grid_constant__ Scratch scratch) {
  const std::int64_t first = blockIdx.x * shape.channels;
  const float* hidden = kept.hidden + blockIdx.x * shape.hidden;
  float* outer = scratch.outer + first;
  float* inner = scratch.inner + blockIdx.x * shape.hidden;
  for (std::int64_t c = threadIdx.x; c < shape.channels; c += kDenseThreads) {
    const float gate = kept.gates[first + c];
    outer[c] = scratch.grad_gates[first + c] * gate * (1.0F - gate);
  }
  __syncthreads();
  for (std::int64_t h = threadIdx.x; h < shape.hidden; h += kDenseThreads) {
    float sum = 0;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      sum += weights.weight2[c * shape.hidden + h] * outer[c];
    }
    inner[h] = hidden[h] > 0 ? sum : 0.0F;
  }
  __syncthreads();
  for (std::int64_t c = threadIdx.x; c < shape.channels; c += kDenseThreads) {
    float sum = 0;
    for (std::int64_t h = 0; h < shape.hidden; ++h) {
      sum += weights.weight1[h * shape.channels + c] * inner[h];
    }
    scratch.shifts[first + c] = sum / static_cast<float>(shape.voxels);
  }
}

/// One thread per weight and bias; samples in their order. The two matrices have the same size:
/// weight1[i] is i = h * channels + c, weight2[i] is i = c * hidden + h.
__global__ void weights_backward_kernel(const __grid_constant__ SqueezeExciteShape shape,
                                        const __grid_constant__ SqueezeExciteKept<float> kept,
                                        const __grid_constant__ Scratch scratch,
                                        const __grid_constant__ SqueezeExciteGradients<float> out) {
  const std::int64_t i = std::int64_t{blockIdx.x} * kDenseThreads + threadIdx.x;
  if (i >= shape.channels * shape.hidden) {
    return;
  }
  float weight1 = 0;
  float weight2 = 0;
  float bias1 = 0;
  float bias2 = 0;
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    const float* inner = scratch.inner + b * shape.hidden;
    const float* outer = scratch.outer + b * shape.channels;
    weight1 += inner[i / shape.channels] * kept.means[b * shape.channels + i % shape.channels];
    weight2 += outer[i / shape.hidden] * kept.hidden[b * shape.hidden + i % shape.hidden];
    bias1 += i < shape.hidden ? inner[i] : 0.0F;
    bias2 += i < shape.channels ? outer[i] : 0.0F;
  }
  out.weight1[i] = weight1;
  out.weight2[i] = weight2;
  if (i < shape.hidden) {
    out.bias1[i] = bias1;
  }
  if (i < shape.channels) {
    out.bias2[i] = bias2;
  }
}

/// y = x * factor + shift per channel; shift may be null.
template <typename V>
__global__ void scale_kernel(const __grid_constant__ ColumnGrid grid,
                             const V* x,
                             const float* factors,
                             const float* shifts,
                             V* y) {
  const ColumnShare share(grid);
  if (share.first >= share.end) {
    return;
  }
  const std::int64_t place = std::int64_t{blockIdx.z} * grid.channels + share.channel;
  const float factor = factors[place];
  const float shift = shifts == nullptr ? 0.0F : shifts[place];
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float scaled = load(x[i]) * factor;
    y[i] = store<V>(shifts == nullptr ? scaled : scaled + shift);
  }
}

void join_parts(
    const ColumnGrid& grid, const float* parts, double factor, float* out, Stream stream) {
  launch(join_parts_kernel,
         dim3(static_cast<unsigned>(grid.channels), static_cast<unsigned>(grid.problems)),
         dim3(kJoinThreads),
         0,
         stream,
         grid,
         parts,
         factor,
         out);
}

template <typename V>
void scale(const ColumnGrid& grid,
           const V* x,
           const float* factors,
           const float* shifts,
           V* y,
           Stream stream) {
  launch(
      scale_kernel<V>, grid.blocks(), dim3(kColumnThreads), 0, stream, grid, x, factors, shifts, y);
}

bool is_empty(const SqueezeExciteShape& shape) {
  return shape.batch * shape.channels * shape.voxels == 0;
}

/// Without the volume.
template <typename V>
SqueezeExciteKept<float> dense_part(const SqueezeExciteKept<float, V>& kept) {
  return {nullptr, kept.means, kept.hidden, kept.gates};
}

template <typename V>
SqueezeExciteGradients<float> dense_part(const SqueezeExciteGradients<float, V>& gradients) {
  return {nullptr, gradients.weight1, gradients.bias1, gradients.weight2, gradients.bias2};
}

}  // namespace

std::int64_t squeeze_excite_cuda_workspace(const SqueezeExciteShape& shape) {
  if (is_empty(shape)) {
    return 0;
  }
  const ColumnGrid grid = grid_of(shape);
  return grid.problems * grid.parts * grid.channels +
         shape.batch * (3 * shape.channels + shape.hidden);
}

template <typename V>
void squeeze_excite_forward_cuda(const SqueezeExciteShape& shape,
                                 const SqueezeExciteInputs<float, V>& inputs,
                                 const SqueezeExciteKept<float, V>& kept,
                                 V* y,
                                 float* workspace,
                                 Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  const ColumnGrid grid = grid_of(shape);
  const auto blocks = static_cast<unsigned>(shape.batch);
  launch(squeeze_kernel<V>,
         grid.blocks(),
         dim3(kColumnThreads),
         0,
         stream,
         grid,
         inputs,
         shape.terms,
         kept.sum,
         workspace);
  join_parts(grid, workspace, 1.0 / static_cast<double>(shape.voxels), kept.means, stream);
  launch(gates_kernel,
         dim3(blocks),
         dim3(kDenseThreads),
         0,
         stream,
         shape,
         inputs.weights,
         dense_part(kept));
  scale<V>(grid, shape.terms == 1 ? inputs.terms[0] : kept.sum, kept.gates, nullptr, y, stream);
}

template <typename V>
void squeeze_excite_backward_cuda(const SqueezeExciteShape& shape,
                                  const SqueezeExciteInputs<float, V>& inputs,
                                  const SqueezeExciteKept<float, V>& kept,
                                  const V* grad_y,
                                  const SqueezeExciteGradients<float, V>& gradients,
                                  float* workspace,
                                  Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  require_launch(shape.hidden > 0, "squeeze-excite: at least one hidden unit");
  const ColumnGrid grid = grid_of(shape);
  const Scratch scratch(shape, workspace);
  const V* sum = shape.terms == 1 ? inputs.terms[0] : kept.sum;
  const std::int64_t weights = shape.channels * shape.hidden;
  launch(products_kernel<V>,
         grid.blocks(),
         dim3(kColumnThreads),
         0,
         stream,
         grid,
         grad_y,
         sum,
         scratch.parts);
  join_parts(grid, scratch.parts, 1.0, scratch.grad_gates, stream);
  launch(gates_backward_kernel,
         dim3(static_cast<unsigned>(shape.batch)),
         dim3(kDenseThreads),
         0,
         stream,
         shape,
         inputs.weights,
         dense_part(kept),
         scratch);
  launch(weights_backward_kernel,
         dim3(static_cast<unsigned>((weights + kDenseThreads - 1) / kDenseThreads)),
         dim3(kDenseThreads),
         0,
         stream,
         shape,
         dense_part(kept),
         scratch,
         dense_part(gradients));
  scale<V>(grid, grad_y, kept.gates, scratch.shifts, gradients.term, stream);
}

#define YATES_SQUEEZE_EXCITE(V)                                                       \
  template void squeeze_excite_forward_cuda(const SqueezeExciteShape&,                \
                                            const SqueezeExciteInputs<float, V>&,     \
                                            const SqueezeExciteKept<float, V>&,       \
                                            V*,                                       \
                                            float*,                                   \
                                            Stream);                                  \
  template void squeeze_excite_backward_cuda(const SqueezeExciteShape&,               \
                                             const SqueezeExciteInputs<float, V>&,    \
                                             const SqueezeExciteKept<float, V>&,      \
                                             const V*,                                \
                                             const SqueezeExciteGradients<float, V>&, \
                                             float*,                                  \
                                             Stream)
YATES_SQUEEZE_EXCITE(float);
YATES_SQUEEZE_EXCITE(Float16);
YATES_SQUEEZE_EXCITE(BFloat16);

}  // namespace yates::kernels
