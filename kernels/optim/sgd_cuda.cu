// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_cuda.hpp"
#include "kernels/simt/column_sums.cuh"

namespace yates::kernels {
namespace {

constexpr unsigned kThreads = 256;

__global__ void square_sums_kernel(const SgdTensor<float>* parts, double* sums) {
  SIMT_SHARED(double, scratch, kThreads);
  const float* gradient = parts[blockIdx.x].gradient;
  const std::int64_t count = gradient == nullptr ? 0 : parts[blockIdx.x].count;
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += kThreads) {
    const auto g = static_cast<double>(gradient[i]);
    sum += g * g;
  }
  sum = block_sum<kThreads>(sum, scratch);
  if (threadIdx.x == 0) {
    sums[blockIdx.x] = sum;
  }
}

__global__ void norm_kernel(const double* sums,
                            std::int64_t count,
                            const float* loss_scale,
                            float* norm) {
  SIMT_SHARED(double, scratch, kJoinThreads);
  const double sum = part_sum(sums, count, 1, scratch);
  if (threadIdx.x == 0) {
    norm[0] = static_cast<float>(sqrt(sum) / static_cast<double>(loss_scale[0]));
  }
}

/// The factor of the gradients; 0 where nothing is to change.
__device__ inline double gradient_factor(const SgdVerdictPointers& verdict,
                                         double given_scale,
                                         double clip_norm) {
  constexpr double kGuard = 1e-6;
  const auto norm = static_cast<double>(verdict.norm[0]);
  // Neither NaN nor infinity differs from itself by zero.
  if (verdict.skip[0] != 0.0F || norm - norm != 0) {
    return 0;
  }
  const double most = clip_norm / (norm + kGuard);
  const double clip = clip_norm > 0 && most < 1 ? most : 1.0;
  return given_scale * clip / static_cast<double>(verdict.loss_scale[0]);
}

__global__ void update_kernel(const SgdTensor<float>* parts,
                              const __grid_constant__ SgdStep step,
                              double clip_norm,
                              const __grid_constant__ SgdVerdictPointers verdict) {
  const SgdTensor<float> part = parts[blockIdx.x];
  const auto scale = static_cast<float>(gradient_factor(verdict, step.gradient_scale, clip_norm));
  if (scale == 0) {
    return;
  }
  const auto decay = static_cast<float>(step.weight_decay);
  const auto momentum = static_cast<float>(step.momentum);
  const auto lr = static_cast<float>(step.lr);
  for (std::int64_t i = threadIdx.x; i < part.count; i += kThreads) {
    const float scaled = part.gradient == nullptr ? 0.0F : part.gradient[i] * scale;
    const float g = scaled + part.parameter[i] * decay;
    const float v = part.velocity[i] * momentum + g;
    part.velocity[i] = v;
    part.parameter[i] -= (g + v * momentum) * lr;
  }
}

}  // namespace

void gradient_norm_cuda(const SgdTensor<float>* parts,
                        std::int64_t part_count,
                        const float* loss_scale,
                        double* sums,
                        float* norm,
                        Stream stream) {
  launch(square_sums_kernel,
         dim3(static_cast<unsigned>(part_count)),
         dim3(kThreads),
         0,
         stream,
         parts,
         sums);
  launch(norm_kernel, dim3(1), dim3(kJoinThreads), 0, stream, sums, part_count, loss_scale, norm);
}

void sgd_cuda(const SgdTensor<float>* parts,
              std::int64_t part_count,
              const SgdStep& step,
              double clip_norm,
              const SgdVerdictPointers& verdict,
              Stream stream) {
  launch(update_kernel,
         dim3(static_cast<unsigned>(part_count)),
         dim3(kThreads),
         0,
         stream,
         parts,
         step,
         clip_norm,
         verdict);
}

}  // namespace yates::kernels
