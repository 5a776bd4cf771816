// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_cuda.hpp"
#include "kernels/simt/column_sums.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::int64_t kVoxelsPerThread = 16;
constexpr std::int64_t kPartVoxels = kThreads * kVoxelsPerThread;

std::int64_t parts_of(const CrossEntropyShape& shape) {
  return (shape.voxels + kPartVoxels - 1) / kPartVoxels;
}

/// The loss of one voxel; logits and gradient (null for none) lie `stride` apart. exp(x - largest)
/// waits in the gradient for its sum.
__device__ inline float voxel_loss(const float* logits,
                                   float* gradient,
                                   std::int64_t label,
                                   const CrossEntropyShape& shape,
                                   float scale) {
  float largest = logits[0];
  for (std::int64_t c = 1; c < shape.labels; ++c) {
    const float x = logits[c * shape.voxels];
    largest = x > largest ? x : largest;
  }
  const bool known = label >= 0 && label < shape.labels;
  float sum = known ? 0.0F : __uint_as_float(0x7FC00000U);
  float of_label = 0;
  for (std::int64_t c = 0; c < shape.labels; ++c) {
    const float x = logits[c * shape.voxels] - largest;
    const float power = expf(x);
    sum += power;
    of_label = c == label ? x : of_label;
    if (gradient != nullptr) {
      gradient[c * shape.voxels] = power;
    }
  }
  for (std::int64_t c = 0; c < shape.labels && gradient != nullptr; ++c) {
    const float share = gradient[c * shape.voxels] / sum;
    gradient[c * shape.voxels] = (share - (c == label ? 1.0F : 0.0F)) * scale;
  }
  return logf(sum) - of_label;
}

/// One block per part (x) of a sample (y).
__global__ void voxel_losses_kernel(const __grid_constant__ CrossEntropyShape shape,
                                    const __grid_constant__ CrossEntropyInputs<float> inputs,
                                    float* gradient,
                                    float scale,
                                    float* parts) {
  SIMT_SHARED(float, scratch, kThreads);
  const std::int64_t sample = blockIdx.y;
  const std::int64_t first = std::int64_t{blockIdx.x} * kPartVoxels + threadIdx.x;
  float sum = 0;
  for (std::int64_t turn = 0; turn < kVoxelsPerThread; ++turn) {
    const std::int64_t v = first + turn * kThreads;
    if (v >= shape.voxels) {
      break;
    }
    const std::int64_t place = sample * shape.labels * shape.voxels + v;
    sum += voxel_loss(inputs.logits + place,
                      gradient == nullptr ? nullptr : gradient + place,
                      inputs.labels[sample * shape.voxels + v],
                      shape,
                      scale);
  }
  sum = block_sum<kThreads>(sum, scratch);
  if (threadIdx.x == 0) {
    parts[sample * gridDim.x + blockIdx.x] = sum;
  }
}

__global__ void mean_loss_kernel(const float* parts,
                                 std::int64_t count,
                                 double voxels,
                                 float* loss) {
  SIMT_SHARED(double, scratch, kJoinThreads);
  const double sum = part_sum(parts, count, 1, scratch);
  if (threadIdx.x == 0) {
    loss[0] = static_cast<float>(sum / voxels);
  }
}

}  // namespace

std::int64_t voxel_cross_entropy_cuda_workspace(const CrossEntropyShape& shape) {
  return shape.batch * parts_of(shape);
}

void voxel_cross_entropy_cuda(const CrossEntropyShape& shape,
                              const CrossEntropyInputs<float>& inputs,
                              float* loss,
                              float* gradient,
                              float* workspace,
                              Stream stream) {
  require_launch(shape.batch < 65536, "cross-entropy: fewer than 65536 samples");
  const auto voxels = static_cast<double>(shape.batch * shape.voxels);
  const std::int64_t parts = parts_of(shape);
  launch(voxel_losses_kernel,
         dim3(static_cast<unsigned>(parts), static_cast<unsigned>(shape.batch)),
         dim3(kThreads),
         0,
         stream,
         shape,
         inputs,
         gradient,
         static_cast<float>(1.0 / voxels),
         workspace);
  launch(mean_loss_kernel,
         dim3(1),
         dim3(kJoinThreads),
         0,
         stream,
         workspace,
         shape.batch * parts,
         voxels,
         loss);
}

}  // namespace yates::kernels
