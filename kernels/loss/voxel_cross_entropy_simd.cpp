// SPDX-License-Identifier: Apache-2.0
// Lane = voxel. Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/loss/voxel_cross_entropy_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t W = kLanes;

/// e^x for x <= 0; below -150, where it is zero in float32, the smallest that `exp` gives.
Lanes exp_of_negative(Lanes x) {
  return exp(x < -150.0F ? splat(-150.0F) : x);
}

/// log(x) for finite x >= 1: exponent and mantissa apart. NaN stays NaN.
Lanes log_above_one(Lanes x) {
  const IntLanes bits = as_ints(x);
  const Lanes exponent = __builtin_convertvector((bits >> 23) - 127, Lanes);
  const Lanes mantissa = as_floats((bits & 0x007FFFFF) | 0x3F800000);
  const Lanes value = exponent * 0.693147181F + log1p_of_fraction(mantissa - 1.0F);
  return x == x ? value : x;
}

IntLanes labels_at(const std::int64_t* labels, std::int64_t count) {
  std::int32_t values[W] = {};
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] = static_cast<std::int32_t>(labels[i]);
  }
  IntLanes lanes;
  std::memcpy(&lanes, values, sizeof lanes);
  return lanes;
}

/// Losses of `count` voxels from `v` on, at most one vector.
Lanes voxel_losses(const CrossEntropyBlock& b, std::int64_t v, std::int64_t count) {
  const auto logits = [&](std::int64_t c) {
    return load_some(b.logits + c * b.label_stride + v, count);
  };
  Lanes largest = logits(0);
  for (std::int64_t c = 1; c < b.label_count; ++c) {
    const Lanes x = logits(c);
    largest = x > largest ? x : largest;
  }
  const IntLanes label = labels_at(b.labels + v, count);
  Lanes sum{};
  Lanes of_label{};
  for (std::int64_t c = 0; c < b.label_count; ++c) {
    const Lanes x = logits(c) - largest;
    const Lanes power = exp_of_negative(x);
    sum += power;
    of_label = label == static_cast<std::int32_t>(c) ? x : of_label;
    if (b.gradient != nullptr) {
      store_some(b.gradient + c * b.label_stride + v, power, count);
    }
  }
  for (std::int64_t c = 0; c < b.label_count && b.gradient != nullptr; ++c) {
    float* target = b.gradient + c * b.label_stride + v;
    const Lanes share = load_some(target, count) / sum;
    const Lanes wanted = label == static_cast<std::int32_t>(c) ? splat(1) : Lanes{};
    store_some(target, (share - wanted) * b.scale, count);
  }
  return log_above_one(sum) - of_label;
}

}  // namespace

double cross_entropy_block(const CrossEntropyBlock& block) {
  double sums[W] = {};
  for (std::int64_t v = 0; v < block.voxels; v += W) {
    const std::int64_t count = block.voxels - v < W ? block.voxels - v : W;
    float losses[W];
    store(losses, voxel_losses(block, v, count));
    for (std::int64_t i = 0; i < count; ++i) {
      sums[i] += static_cast<double>(losses[i]);
    }
  }
  for (std::int64_t half = W / 2; half > 0; half /= 2) {
    for (std::int64_t i = 0; i < half; ++i) {
      sums[i] += sums[i + half];
    }
  }
  return sums[0];
}

}  // namespace yates::kernels::YATES_SIMD
