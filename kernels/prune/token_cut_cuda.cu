// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/token_cut_cuda.cuh"

namespace yates::kernels {
namespace {

constexpr int kThreads = kSelectThreads;

/// Zeroes the bins, and before the first round also the cuts. Thread = bin, blockIdx.y = sample.
__global__ void clear_kernel(const __grid_constant__ SelectPlan plan, bool first) {
  const int bin = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const int sample = static_cast<int>(blockIdx.y);
  plan.bins[sample * kCutBins + bin] = 0;
  if (first && bin == 0) {
    plan.cuts[sample] = {0, plan.kept - 1};
  }
}

/// Counts the next digit of the keys that share the digits found. blockIdx = (tokens, sample).
__global__ void count_kernel(const __grid_constant__ SelectPlan plan,
                             const float* scores,
                             unsigned shift,
                             unsigned bits) {
  SIMT_SHARED(unsigned, bins, kCutBins);
  const int sample = static_cast<int>(blockIdx.y);
  for (int bin = static_cast<int>(threadIdx.x); bin < kCutBins; bin += kThreads) {
    bins[bin] = 0;
  }
  __syncthreads();
  const std::uint32_t prefix = plan.cuts[sample].key;
  const unsigned above = shift + bits;
  for (int token = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
       token < plan.tokens;
       token += static_cast<int>(gridDim.x) * kThreads) {
    const std::uint32_t key = sort_key(scores[std::int64_t{sample} * plan.tokens + token]);
    if (above == 32 || key >> above == prefix >> above) {
      atomicAdd(&bins[(key >> shift) & ((1U << bits) - 1)], 1U);
    }
  }
  __syncthreads();
  for (int bin = static_cast<int>(threadIdx.x); bin < kCutBins; bin += kThreads) {
    if (bins[bin] != 0) {
      atomicAdd(&plan.bins[sample * kCutBins + bin], bins[bin]);
    }
  }
}

/// Finds the digit at which the rank falls: each thread adds up 8 bins from the top, the first
/// thread walks over these, then inside one. blockIdx.x = sample.
__global__ void narrow_kernel(const __grid_constant__ SelectPlan plan, unsigned shift) {
  constexpr int kEach = kCutBins / kThreads;
  SIMT_SHARED(int, sums, kThreads);
  const int sample = static_cast<int>(blockIdx.x);
  const unsigned* bins = plan.bins + sample * kCutBins;
  const int top = kCutBins - 1 - static_cast<int>(threadIdx.x) * kEach;
  int sum = 0;
  for (int i = 0; i < kEach; ++i) {
    sum += static_cast<int>(bins[top - i]);
  }
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x != 0) {
    return;
  }
  Cut cut = plan.cuts[sample];
  int group = 0;
  while (cut.rank >= sums[group]) {
    cut.rank -= sums[group++];
  }
  int digit = kCutBins - 1 - group * kEach;
  while (cut.rank >= static_cast<int>(bins[digit])) {
    cut.rank -= static_cast<int>(bins[digit--]);
  }
  cut.key |= static_cast<std::uint32_t>(digit) << shift;
  plan.cuts[sample] = cut;
}

void launch_round(
    const SelectPlan& plan, const float* scores, unsigned shift, unsigned bits, Stream stream) {
  constexpr int kMostBlocks = 128;
  const auto samples = static_cast<unsigned>(plan.batch);
  const auto blocks = static_cast<unsigned>(plan.blocks < kMostBlocks ? plan.blocks : kMostBlocks);
  launch(clear_kernel,
         dim3(kCutBins / kThreads, samples),
         dim3(kThreads),
         0,
         stream,
         plan,
         shift + bits == 32);
  launch(count_kernel, dim3(blocks, samples), dim3(kThreads), 0, stream, plan, scores, shift, bits);
  launch(narrow_kernel, dim3(samples), dim3(kThreads), 0, stream, plan, shift);
}

}  // namespace

void find_cuts_cuda(const SelectPlan& plan, const float* scores, Stream stream) {
  launch_round(plan, scores, 21, 11, stream);
  launch_round(plan, scores, 10, 11, stream);
  launch_round(plan, scores, 0, 10, stream);
}

}  // namespace yates::kernels
