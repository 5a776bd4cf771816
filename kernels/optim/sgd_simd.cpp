// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/optim/sgd_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t W = kLanes;
using DoubleLanes = double __attribute__((vector_size(kLanes * 8)));

}  // namespace

double square_sum_block(const float* values, std::int64_t count) {
  constexpr int kSums = 2;
  DoubleLanes sums[kSums] = {};
  const auto add = [&sums](int sum, Lanes x) {
    const DoubleLanes wide = __builtin_convertvector(x, DoubleLanes);
    sums[sum] += wide * wide;
  };
  std::int64_t i = 0;
  for (; i + kSums * W <= count; i += kSums * W) {
    for (int sum = 0; sum < kSums; ++sum) {
      add(sum, load(values + i + sum * W));
    }
  }
  for (; i < count; i += W) {
    add(0, load_some(values + i, count - i));
  }
  double total = 0;
  for (const DoubleLanes& lanes : sums) {
    for (std::int64_t lane = 0; lane < W; ++lane) {
      total += lanes[lane];
    }
  }
  return total;
}

void sgd_block(const SgdTensor<float>& part, const SgdStep& step) {
  const auto scale = static_cast<float>(step.gradient_scale);
  const auto decay = static_cast<float>(step.weight_decay);
  const auto momentum = static_cast<float>(step.momentum);
  const auto lr = static_cast<float>(step.lr);
  const auto update = [&](std::int64_t i, std::int64_t count) {
    const Lanes p = load_some(part.parameter + i, count);
    const Lanes scaled =
        part.gradient == nullptr ? Lanes{} : load_some(part.gradient + i, count) * scale;
    const Lanes g = scaled + p * decay;
    const Lanes v = load_some(part.velocity + i, count) * momentum + g;
    store_some(part.velocity + i, v, count);
    store_some(part.parameter + i, p - (g + v * momentum) * lr, count);
  };
  std::int64_t i = 0;
  for (; i + W <= part.count; i += W) {
    update(i, W);
  }
  if (i < part.count) {
    update(i, part.count - i);
  }
}

}  // namespace yates::kernels::YATES_SIMD
