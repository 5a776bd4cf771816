// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_cuda.hpp"
#include "kernels/simt/column_sums.cuh"

namespace yates::kernels {
namespace {

constexpr std::int64_t kMomentKinds = 2;    // mean, squared deviations
constexpr std::int64_t kGradientKinds = 3;  // gradient, along n(x), along n(r)

ColumnGrid grid_of(const InstanceNormShape& shape) {
  return shape.layout == VolumeLayout::ChannelsLast
             ? ColumnGrid(shape.batch, shape.voxels, shape.channels)
             : ColumnGrid(shape.batch * shape.channels, shape.voxels, 1);
}

/// Where part `part` of this block's problem keeps `kind` of channel 0.
__device__ inline std::int64_t part_place(const ColumnGrid& grid,
                                          std::int64_t problem,
                                          std::int64_t part,
                                          std::int64_t kinds,
                                          std::int64_t kind) {
  return ((problem * grid.parts + part) * kinds + kind) * grid.channels;
}

/// Mean and squared deviations of a part: a provisional mean, then the deviations from it, whose
/// sum corrects both.
__global__ void moments_kernel(const __grid_constant__ ColumnGrid grid,
                               const float* x,
                               float* parts) {
  SIMT_SHARED(float, scratch, kColumnThreads);
  const ColumnShare share(grid);
  float sum = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    sum += x[i];
  }
  const auto count = static_cast<float>(rows_of_part(grid, blockIdx.x));
  const float mean = column_sum(grid, sum, scratch) / count;
  float apart = 0;
  float squares = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float d = x[i] - mean;
    apart += d;
    squares += d * d;
  }
  apart = column_sum(grid, apart, scratch);
  squares = column_sum(grid, squares, scratch);
  if (threadIdx.x < grid.columns && share.first < share.end) {
    float* out = parts + part_place(grid, blockIdx.z, blockIdx.x, kMomentKinds, 0) + share.channel;
    out[0] = mean + apart / count;
    out[grid.channels] = squares - apart * apart / count;
  }
}

/// Count, mean and squared deviations of some rows.
struct Moments {
  double count, mean, squares;
};

/// Chan, Golub and LeVeque's update.
__device__ inline Moments joined(const Moments& a, const Moments& b) {
  const double count = a.count + b.count;
  if (b.count == 0) {
    return a;
  }
  const double apart = b.mean - a.mean;
  const double share = b.count / count;
  return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
}

/// One block of kJoinThreads per channel (x) and problem (y).
__global__ void join_moments_kernel(const __grid_constant__ ColumnGrid grid,
                                    const float* parts,
                                    double epsilon,
                                    float* means,
                                    float* factors) {
  SIMT_SHARED(double, counts, kJoinThreads);
  SIMT_SHARED(double, centres, kJoinThreads);
  SIMT_SHARED(double, squares, kJoinThreads);
  Moments mine = {0, 0, 0};
  for (std::int64_t part = threadIdx.x; part < grid.parts; part += kJoinThreads) {
    const float* in = parts + part_place(grid, blockIdx.y, part, kMomentKinds, 0) + blockIdx.x;
    mine = joined(mine,
                  {static_cast<double>(rows_of_part(grid, part)),
                   static_cast<double>(in[0]),
                   static_cast<double>(in[grid.channels])});
  }
  for (unsigned half = kJoinThreads; half > 0; half /= 2) {
    if (threadIdx.x < half && half < kJoinThreads) {
      mine = joined(
          mine,
          {counts[threadIdx.x + half], centres[threadIdx.x + half], squares[threadIdx.x + half]});
    }
    __syncthreads();
    if (threadIdx.x < half) {
      counts[threadIdx.x] = mine.count;
      centres[threadIdx.x] = mine.mean;
      squares[threadIdx.x] = mine.squares;
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    const std::int64_t place = std::int64_t{blockIdx.y} * grid.channels + blockIdx.x;
    means[place] = static_cast<float>(mine.mean);
    factors[place] = static_cast<float>(1.0 / sqrt(mine.squares / mine.count + epsilon));
  }
}

/// Pointers of one call.
struct NormArguments {
  InstanceNormInputs<float> inputs;
  const float* y;
  const float* grad_y;
  const float *mean, *factor, *residual_mean, *residual_factor;
  float negative_slope;
};

/// A channel's moments, and n(x) and n(r) of its elements.
template <Residual kKind>
struct Channel {
  float mean, factor, residual_mean, residual_factor;

  __device__ Channel(const ColumnGrid& grid, const NormArguments& a, const ColumnShare& share)
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
  [[nodiscard]] __device__ float of_x(const NormArguments& a, std::int64_t i) const {
    return (a.inputs.x[i] - mean) * factor;
  }
  [[nodiscard]] __device__ float of_residual(const NormArguments& a, std::int64_t i) const {
    return (a.inputs.residual[i] - residual_mean) * residual_factor;
  }
  /// grad_y behind the activation.
  [[nodiscard]] __device__ float gradient(const NormArguments& a, std::int64_t i, float n) const {
    const float sign = kKind == Residual::None ? n : a.y[i];
    return sign > 0 ? a.grad_y[i] : a.grad_y[i] * a.negative_slope;
  }
};

template <Residual kKind>
__global__ void apply_kernel(const __grid_constant__ ColumnGrid grid,
                             const __grid_constant__ NormArguments a,
                             float* y) {
  const ColumnShare share(grid);
  const Channel<kKind> channel(grid, a, share);
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    float p = channel.of_x(a, i);
    if (kKind != Residual::None) {
      p += channel.of_residual(a, i);
    }
    y[i] = p > 0 ? p : p * a.negative_slope;
  }
}

template <Residual kKind>
__global__ void gradient_sums_kernel(const __grid_constant__ ColumnGrid grid,
                                     const __grid_constant__ NormArguments a,
                                     float* parts) {
  SIMT_SHARED(float, scratch, kColumnThreads);
  const ColumnShare share(grid);
  const Channel<kKind> channel(grid, a, share);
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

template <Residual kKind>
__global__ void gradient_kernel(const __grid_constant__ ColumnGrid grid,
                                const __grid_constant__ NormArguments a,
                                const float* means,
                                float* grad_x,
                                float* grad_residual) {
  const ColumnShare share(grid);
  if (share.first >= share.end) {
    return;
  }
  const Channel<kKind> channel(grid, a, share);
  const float* mean = means + blockIdx.z * kGradientKinds * grid.channels + share.channel;
  const float centre = mean[0];
  const float along = mean[grid.channels];
  const float residual_along = mean[2 * grid.channels];
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float n = channel.of_x(a, i);
    const float g = channel.gradient(a, i, n);
    grad_x[i] = (g - centre - n * along) * channel.factor;
    if (kKind == Residual::Plain) {
      grad_residual[i] = g;
    } else if (kKind == Residual::Normalised) {
      grad_residual[i] =
          (g - centre - channel.of_residual(a, i) * residual_along) * channel.residual_factor;
    }
  }
}

void find_moments(const InstanceNormShape& shape,
                  const float* x,
                  const InstanceNormMoments& moments,
                  float* parts,
                  Stream stream) {
  const ColumnGrid grid = grid_of(shape);
  launch(moments_kernel, grid.blocks(), dim3(kColumnThreads), 0, stream, grid, x, parts);
  launch(join_moments_kernel,
         dim3(static_cast<unsigned>(grid.channels), static_cast<unsigned>(grid.problems)),
         dim3(kJoinThreads),
         0,
         stream,
         grid,
         parts,
         shape.epsilon,
         moments.mean,
         moments.factor);
}

template <Residual kKind>
void run_apply(const ColumnGrid& grid, const NormArguments& a, float* y, Stream stream) {
  launch(apply_kernel<kKind>, grid.blocks(), dim3(kColumnThreads), 0, stream, grid, a, y);
}

template <Residual kKind>
void run_gradients(const ColumnGrid& grid,
                   const NormArguments& a,
                   const InstanceNormGradients<float>& gradients,
                   float* workspace,
                   Stream stream) {
  float* means = workspace + grid.problems * grid.parts * kGradientKinds * grid.channels;
  launch(gradient_sums_kernel<kKind>,
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
  launch(gradient_kernel<kKind>,
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

void instance_norm_forward_cuda(const InstanceNormShape& shape,
                                const InstanceNormInputs<float>& inputs,
                                float* y,
                                const InstanceNormMoments& moments,
                                const InstanceNormMoments& residual_moments,
                                float* workspace,
                                Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  find_moments(shape, inputs.x, moments, workspace, stream);
  if (shape.residual == Residual::Normalised) {
    find_moments(shape, inputs.residual, residual_moments, workspace, stream);
  }
  const ColumnGrid grid = grid_of(shape);
  const NormArguments a = {inputs,
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

void instance_norm_backward_cuda(const InstanceNormShape& shape,
                                 const InstanceNormSaved& saved,
                                 const float* grad_y,
                                 const InstanceNormGradients<float>& gradients,
                                 float* workspace,
                                 Stream stream) {
  if (is_empty(shape)) {
    return;
  }
  const ColumnGrid grid = grid_of(shape);
  const NormArguments a = {saved.inputs,
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

}  // namespace yates::kernels
