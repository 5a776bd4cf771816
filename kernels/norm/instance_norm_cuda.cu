// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/channel_moments_cuda.cuh"
#include "kernels/norm/instance_norm_cuda.hpp"
#include "kernels/simt/narrow_float.cuh"

namespace yates::kernels {
namespace {

constexpr std::int64_t kGradientKinds = 3;  // gradient, along n(x), along n(r)

ColumnGrid grid_of(const InstanceNormShape& shape) {
  return shape.layout == VolumeLayout::ChannelsLast
             ? ColumnGrid(shape.batch, shape.voxels, shape.channels)
             : ColumnGrid(shape.batch * shape.channels, shape.voxels, 1);
}

/// Pointers of one call.
template <typename V>
struct NormArguments {
  InstanceNormInputs<V> inputs;
  const V* y;
  const V* grad_y;
  const float *mean, *factor, *residual_mean, *residual_factor;
  float negative_slope;
};

/// A channel's moments, and n(x) and n(r) of its elements.
template <Residual kKind, typename V>
struct Channel {
  float mean, factor, residual_mean, residual_factor;

  __device__ Channel(const ColumnGrid& grid, const NormArguments<V>& a, const ColumnShare& share)
      : mean(0), factor(0), residual_mean(0), residual_factor(1) {
    if (share.first >= share.end) {
      return;
    }
    const std::int64_t place = std::int64_t{blockIdx.z} * grid.channels + share.channel;
    mean = a.mean[place];
    factor = a.factor[place];
    if (kKind == Residual::Normalised) {
      residual_mean = a.residual_mean[place];
      residual_factor = a.residual_factor[place];
    }
  }
  [[nodiscard]] __device__ float of_x(const NormArguments<V>& a, std::int64_t i) const {
    return (load(a.inputs.x[i]) - mean) * factor;
  }
  [[nodiscard]] __device__ float of_residual(const NormArguments<V>& a, std::int64_t i) const {
    return (load(a.inputs.residual[i]) - residual_mean) * residual_factor;
  }
  /// grad_y behind the activation.
  [[nodiscard]] __device__ float gradient(const NormArguments<V>& a,
                                          std::int64_t i,
                                          float n) const {
    const float sign = kKind == Residual::None ? n : load(a.y[i]);
    const float g = load(a.grad_y[i]);
    return sign > 0 ? g : g * a.negative_slope;
  }
};

template <Residual kKind, typename V>
__global__ void apply_kernel(const __grid_constant__ ColumnGrid grid,
                             const __grid_constant__ NormArguments<V> a,
                             V* y) {
  const ColumnShare share(grid);
  const Channel<kKind, V> channel(grid, a, share);
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    float p = channel.of_x(a, i);
    if (kKind != Residual::None) {
      p += channel.of_residual(a, i);
    }
    y[i] = store<V>(p > 0 ? p : p * a.negative_slope);
  }
}

template <Residual kKind, typename V>
__global__ void gradient_sums_kernel(const __grid_constant__ ColumnGrid grid,
                                     const __grid_constant__ NormArguments<V> a,
                                     float* parts) {
  SIMT_SHARED(float, scratch, kColumnThreads);
  const ColumnShare share(grid);
  const Channel<kKind, V> channel(grid, a, share);
  float sum = 0;
  float along = 0;
  float residual_along = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float n = channel.of_x(a, i);
    const float g = channel.gradient(a, i, n);
    sum += g;
    along += g * n;
    if (kKind == Residual::Normalised) {
      residual_along += g * channel.of_residual(a, i);
    }
  }
  sum = column_sum(grid, sum, scratch);
  along = column_sum(grid, along, scratch);
  residual_along = column_sum(grid, residual_along, scratch);
  if (threadIdx.x < grid.columns && share.first < share.end) {
    float* out =
        parts + part_place(grid, blockIdx.z, blockIdx.x, kGradientKinds, 0) + share.channel;
    out[0] = sum;
    out[grid.channels] = along;
    out[2 * grid.channels] = residual_along;
  }
}

/// Means over the rows, (problem, kind, channel): one block of kJoinThreads per channel (x), kind
/// (y) and problem (z).
__global__ void gradient_means_kernel(const __grid_constant__ ColumnGrid grid,
                                      const float* parts,
                                      float* means) {
  SIMT_SHARED(double, scratch, kJoinThreads);
  const double sum =
      part_sum(parts + part_place(grid, blockIdx.z, 0, kGradientKinds, blockIdx.y) + blockIdx.x,
               grid.parts,
               kGradientKinds * grid.channels,
               scratch);
  if (threadIdx.x == 0) {
    means[(blockIdx.z * kGradientKinds + blockIdx.y) * grid.channels + blockIdx.x] =
        static_cast<float>(sum / static_cast<double>(grid.rows));
  }
}

template <Residual kKind, typename V>
__global__ void gradient_kernel(const __grid_constant__ ColumnGrid grid,
                                const __grid_constant__ NormArguments<V> a,
                                const float* means,
                                V* grad_x,
                                V* grad_residual) {
  const ColumnShare share(grid);
  if (share.first >= share.end) {
    return;
  }
  const Channel<kKind, V> channel(grid, a, share);
  const float* mean = means + blockIdx.z * kGradientKinds * grid.channels + share.channel;
  const float centre = mean[0];
  const float along = mean[grid.channels];
  const float residual_along = mean[2 * grid.channels];
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float n = channel.of_x(a, i);
    const float g = channel.gradient(a, i, n);
    grad_x[i] = store<V>((g - centre - n * along) * channel.factor);
    if (kKind == Residual::Plain) {
      grad_residual[i] = store<V>(g);
    } else if (kKind == Residual::Normalised) {
      grad_residual[i] = store<V>((g - centre - channel.of_residual(a, i) * residual_along) *
                                  channel.residual_factor);
    }
  }
}

template <Residual kKind, typename V>
void run_apply(const ColumnGrid& grid, const NormArguments<V>& a, V* y, Stream stream) {
  launch(apply_kernel<kKind, V>, grid.blocks(), dim3(kColumnThreads), 0, stream, grid, a, y);
}

template <Residual kKind, typename V>
void run_gradients(const ColumnGrid& grid,
                   const NormArguments<V>& a,
                   const InstanceNormGradients<V>& gradients,
                   float* workspace,
                   Stream stream) {
  float* means = workspace + grid.problems * grid.parts * kGradientKinds * grid.channels;
  launch(gradient_sums_kernel<kKind, V>,
         grid.blocks(),
         dim3(kColumnThreads),
         0,
         stream,
         grid,
         a,
         workspace);
  launch(gradient_means_kernel,
         dim3(static_cast<unsigned>(grid.channels),
              static_cast<unsigned>(kGradientKinds),
              static_cast<unsigned>(grid.problems)),
         dim3(kJoinThreads),
         0,
         stream,
         grid,
         workspace,
         means);
  launch(gradient_kernel<kKind, V>,
         grid.blocks(),
         dim3(kColumnThreads),
         0,
         stream,
         grid,
         a,
         means,
         gradients.x,
         gradients.residual);
}

bool is_empty(const InstanceNormShape& shape) {
  return shape.batch * shape.channels * shape.voxels == 0;
}

}  // namespace

std::int64_t instance_norm_cuda_workspace(const InstanceNormShape& shape) {
  if (is_empty(shape)) {
    return 0;
  }
  const ColumnGrid grid = grid_of(shape);
  return grid.problems * (grid.parts + 1) * kGradientKinds * grid.channels;
}

template <typename V>
void instance_norm_forward_cuda(const InstanceNormShape& shape,
                                const InstanceNormInputs<V>& inputs,
                                V* y,
                                const InstanceNormMoments& moments,
                                const InstanceNormMoments& residual_moments,
                                float* workspace,
                                Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  const ColumnGrid grid = grid_of(shape);
  channel_moments_cuda(grid, inputs.x, shape.epsilon, moments, workspace, stream);
  if (shape.residual == Residual::Normalised) {
    channel_moments_cuda(grid, inputs.residual, shape.epsilon, residual_moments, workspace, stream);
  }
  const NormArguments<V> a = {inputs,
                              nullptr,
                              nullptr,
                              moments.mean,
                              moments.factor,
                              residual_moments.mean,
                              residual_moments.factor,
                              static_cast<float>(shape.negative_slope)};
  switch (shape.residual) {
    case Residual::None: return run_apply<Residual::None>(grid, a, y, stream);
    case Residual::Plain: return run_apply<Residual::Plain>(grid, a, y, stream);
    case Residual::Normalised: return run_apply<Residual::Normalised>(grid, a, y, stream);
  }
}

template <typename V>
void instance_norm_backward_cuda(const InstanceNormShape& shape,
                                 const InstanceNormSaved<V>& saved,
                                 const V* grad_y,
                                 const InstanceNormGradients<V>& gradients,
                                 float* workspace,
                                 Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  const ColumnGrid grid = grid_of(shape);
  const NormArguments<V> a = {saved.inputs,
                              saved.y,
                              grad_y,
                              saved.moments.mean,
                              saved.moments.factor,
                              saved.residual_moments.mean,
                              saved.residual_moments.factor,
                              static_cast<float>(shape.negative_slope)};
  switch (shape.residual) {
    case Residual::None:
      return run_gradients<Residual::None>(grid, a, gradients, workspace, stream);
    case Residual::Plain:
      return run_gradients<Residual::Plain>(grid, a, gradients, workspace, stream);
    case Residual::Normalised:
      return run_gradients<Residual::Normalised>(grid, a, gradients, workspace, stream);
  }
}

#define YATES_INSTANCE_NORM(V)                                               \
  template void instance_norm_forward_cuda(const InstanceNormShape&,         \
                                           const InstanceNormInputs<V>&,     \
                                           V*,                               \
                                           const InstanceNormMoments&,       \
                                           const InstanceNormMoments&,       \
                                           float*,                           \
                                           Stream);                          \
  template void instance_norm_backward_cuda(const InstanceNormShape&,        \
                                            const InstanceNormSaved<V>&,     \
                                            const V*,                        \
                                            const InstanceNormGradients<V>&, \
                                            float*,                          \
                                            Stream)
YATES_INSTANCE_NORM(float);
YATES_INSTANCE_NORM(Float16);
YATES_INSTANCE_NORM(BFloat16);

}  // namespace yates::kernels
