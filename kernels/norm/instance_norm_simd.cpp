// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/norm/instance_norm_simd.hpp"

#include "kernels/simd/channel_tiles.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

/// Calls body with the kind of residual as a constant.
template <typename Body>
void with_kind(Residual kind, const Body& body) {
  switch (kind) {
    case Residual::None: return body.template operator()<Residual::None>();
    case Residual::Plain: return body.template operator()<Residual::Plain>();
    case Residual::Normalised: return body.template operator()<Residual::Normalised>();
  }
}

Lanes normalised(const float* x, const float* mean, const float* factor, std::int64_t count) {
  return (load_some(x, count) - load(mean)) * load(factor);
}

/// grad_y behind the activation, and n(x).
struct Gradient {
  Lanes before;
  Lanes n;
};

template <Residual kKind>
Gradient gradient_at(const InstanceNormBlock& b, std::int64_t i, std::int64_t t, std::int64_t n) {
  const Lanes x = normalised(b.x + i, b.mean + t, b.factor + t, n);
  const Lanes sign = kKind == Residual::None ? x : load_some(b.y + i, n);
  const Lanes grad = load_some(b.grad_y + i, n);
  return {.before = sign > 0.0F ? grad : grad * b.negative_slope, .n = x};
}

}  // namespace

void instance_norm_sum(const ChannelBlock& block, const float* x, float* sums) {
  float* const tiles[1] = {sums};
  tile_sums<1>(
      block, tiles, [x](std::int64_t i, std::int64_t, std::int64_t count, Lanes(&values)[1]) {
        values[0] = load_some(x + i, count);
      });
}

void instance_norm_deviation(
    const ChannelBlock& block, const float* x, const float* mean, float* sums, float* squares) {
  float* const tiles[2] = {sums, squares};
  tile_sums<2>(block,
               tiles,
               [x, mean](std::int64_t i, std::int64_t t, std::int64_t count, Lanes(&values)[2]) {
                 values[0] = load_some(x + i, count) - load_some(mean + t, count);
                 values[1] = values[0] * values[0];
               });
}

void instance_norm_apply(const InstanceNormBlock& b, float* y) {
  with_kind(b.residual_kind, [&b, y]<Residual kKind>() {
    for_each_vector(b.block, [&b, y](std::int64_t i, std::int64_t t, std::int64_t count) {
      Lanes p = normalised(b.x + i, b.mean + t, b.factor + t, count);
      if constexpr (kKind == Residual::Plain) {
        p += load_some(b.residual + i, count);
      } else if constexpr (kKind == Residual::Normalised) {
        p += normalised(b.residual + i, b.residual_mean + t, b.residual_factor + t, count);
      }
      store_some(y + i, p > 0.0F ? p : p * b.negative_slope, count);
    });
  });
}

void instance_norm_gradient_sums(const InstanceNormBlock& b, const InstanceNormSums& sums) {
  with_kind(b.residual_kind, [&b, &sums]<Residual kKind>() {
    if constexpr (kKind == Residual::Normalised) {
      float* const tiles[3] = {sums.gradient, sums.along, sums.residual_along};
      tile_sums<3>(b.block,
                   tiles,
                   [&b](std::int64_t i, std::int64_t t, std::int64_t count, Lanes(&values)[3]) {
                     const Gradient g = gradient_at<kKind>(b, i, t, count);
                     values[0] = g.before;
                     values[1] = g.before * g.n;
                     values[2] = g.before * normalised(b.residual + i,
                                                       b.residual_mean + t,
                                                       b.residual_factor + t,
                                                       count);
                   });
    } else {
      float* const tiles[2] = {sums.gradient, sums.along};
      tile_sums<2>(b.block,
                   tiles,
                   [&b](std::int64_t i, std::int64_t t, std::int64_t count, Lanes(&values)[2]) {
                     const Gradient g = gradient_at<kKind>(b, i, t, count);
                     values[0] = g.before;
                     values[1] = g.before * g.n;
                   });
    }
  });
}

void instance_norm_gradient(const InstanceNormBlock& b, const InstanceNormTarget& target) {
  with_kind(b.residual_kind, [&b, &target]<Residual kKind>() {
    for_each_vector(b.block, [&b, &target](std::int64_t i, std::int64_t t, std::int64_t count) {
      const Gradient g = gradient_at<kKind>(b, i, t, count);
      const Lanes centred = g.before - load(target.gradient + t);
      store_some(
          target.grad_x + i, (centred - g.n * load(target.along + t)) * load(b.factor + t), count);
      if constexpr (kKind == Residual::Plain) {
        store_some(target.grad_residual + i, g.before, count);
      } else if constexpr (kKind == Residual::Normalised) {
        const Lanes r =
            normalised(b.residual + i, b.residual_mean + t, b.residual_factor + t, count);
        store_some(target.grad_residual + i,
                   (centred - r * load(target.residual_along + t)) * load(b.residual_factor + t),
                   count);
      }
    });
  });
}

}  // namespace yates::kernels::YATES_SIMD
