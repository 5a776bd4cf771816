// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/channel_moments_cuda.cuh"
#include "kernels/simt/narrow_float.cuh"

namespace yates::kernels {
namespace {

/// Mean and squared deviations of a part: a provisional mean, then the deviations from it, whose
/// sum corrects both.
template <typename V>
__global__ void moments_kernel(const __grid_constant__ ColumnGrid grid, const V* x, float* parts) {
  SIMT_SHARED(float, scratch, kColumnThreads);
  const ColumnShare share(grid);
  float sum = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    sum += load(x[i]);
  }
  const auto count = static_cast<float>(rows_of_part(grid, blockIdx.x));
  const float mean = column_sum(grid, sum, scratch) / count;
  float apart = 0;
  float squares = 0;
  for (std::int64_t i = share.first; i < share.end; i += share.stride) {
    const float d = load(x[i]) - mean;
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

}  // namespace

template <typename V>
void channel_moments_cuda(const ColumnGrid& grid,
                          const V* x,
                          double epsilon,
                          const InstanceNormMoments& moments,
                          float* parts,
                          Stream stream) {
  launch(moments_kernel<V>, grid.blocks(), dim3(kColumnThreads), 0, stream, grid, x, parts);
  launch(join_moments_kernel,
         dim3(static_cast<unsigned>(grid.channels), static_cast<unsigned>(grid.problems)),
         dim3(kJoinThreads),
         0,
         stream,
         grid,
         parts,
         epsilon,
         moments.mean,
         moments.factor);
}

template void channel_moments_cuda(
    const ColumnGrid&, const float*, double, const InstanceNormMoments&, float*, Stream);
template void channel_moments_cuda(
    const ColumnGrid&, const Float16*, double, const InstanceNormMoments&, float*, Stream);
template void channel_moments_cuda(
    const ColumnGrid&, const BFloat16*, double, const InstanceNormMoments&, float*, Stream);

}  // namespace yates::kernels
