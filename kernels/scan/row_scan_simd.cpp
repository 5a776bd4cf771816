// SPDX-License-Identifier: Apache-2.0
// Lane = channel: a vector of channels advances through a tile of tokens with four of its states in
// registers. Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/scan/row_scan_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t T = kRowScanTile;
constexpr std::int64_t G = kRowScanGroup;
constexpr std::int64_t W = kLanes;

/// One tile of tokens, staged from the rows. Arrays (block, token, lane) unless noted.
struct Tile {
  std::int64_t first;   ///< Position of the first token.
  std::int64_t length;  ///< Tokens in it; the last may be short.
  float* u;
  float* dt;
  float* dtu;
  float* y;        ///< Forward: the sum so far. Backward: the gradient of y.
  float* slope;    ///< Derivative of dt by its raw value.
  float* grad_dt;  ///< Sum over states of what reaches dt through the exponents, over log2(e).
  float* grad_dtu;
  float* B;          ///< (token, state)
  float* C;          ///< (token, state)
  float* state;      ///< (state, padded): h forward; the carried gradient backward
  float* decays;     ///< (token, G, lane)
  float* history;    ///< (token + 1, G, lane): h before and after each token
  float* projected;  ///< (token, 2 G, lane): products whose lane sums are grad B and grad C

  explicit Tile(const RowScanSlice& s) {
    float* next = s.scratch;
    const auto take = [&next](std::int64_t count) {
      float* taken = next;
      next += (count + kSliceAlign - 1) / kSliceAlign * kSliceAlign + kRowScanSkew;
      return taken;
    };
    first = 0;
    length = 0;
    u = take(T * s.padded);
    dt = take(T * s.padded);
    dtu = take(T * s.padded);
    y = take(T * s.padded);
    slope = take(T * s.padded);
    grad_dt = take(T * s.padded);
    grad_dtu = take(T * s.padded);
    B = take(T * s.states);
    C = take(T * s.states);
    state = take(s.states * s.padded);
    decays = take(T * G * kSliceAlign);
    history = take((T + 1) * G * kSliceAlign);
    projected = take(T * 2 * G * kSliceAlign);
  }

  /// This one over the tokens of another slice's, with the projections staged there.
  [[nodiscard]] Tile at_the_place_of(const Tile& other) const {
    Tile moved = *this;
    moved.first = other.first;
    moved.length = other.length;
    moved.B = other.B;
    moved.C = other.C;
    return moved;
  }
};

std::int64_t row_at(const RowScanSlice& s, std::int64_t position) {
  return s.order != nullptr ? s.order[position] : position;
}

Lanes raw_step(const RowScanSlice& s, std::int64_t row, std::int64_t channel) {
  Lanes raw = load(s.dt_bias + channel);
  if (s.delta != nullptr) {
    return raw + load_some(s.delta + row * s.row_stride + channel, s.width - channel);
  }
  const float* features = s.features + row * s.feature_stride;
  for (std::int64_t r = 0; r < s.rank; ++r) {
    raw += features[r] * load(s.dt_weight + r * s.padded + channel);
  }
  return raw;
}

void stage_projections(const RowScanSlice& s, const Tile& tile) {
  for (std::int64_t t = 0; t < tile.length; ++t) {
    const float* source = s.features + row_at(s, tile.first + t) * s.feature_stride + s.rank;
    for (std::int64_t n = 0; n < s.true_states; ++n) {
      tile.B[t * s.states + n] = source[n];
      tile.C[t * s.states + n] = source[s.true_states + n];
    }
    for (std::int64_t n = s.true_states; n < s.states; ++n) {
      tile.B[t * s.states + n] = 0;
      tile.C[t * s.states + n] = 0;
    }
  }
}

/// With `Slopes` also what the backward pass needs of the step size.
template <bool Slopes>
void stage_steps(const RowScanSlice& s, const Tile& tile, std::int64_t channel) {
  for (std::int64_t t = 0; t < tile.length; ++t) {
    const std::int64_t row = row_at(s, tile.first + t);
    const std::int64_t place = channel * T + t * W;
    const Lanes raw = raw_step(s, row, channel);
    SoftplusSlope dt{raw, splat(1)};
    if (s.softplus) {
      dt = Slopes ? softplus_slope(raw) : SoftplusSlope{softplus(raw), Lanes{}};
    }
    const Lanes u = load_some(s.u + row * s.row_stride + channel, s.width - channel);
    store(tile.u + place, u);
    store(tile.dt + place, dt.value);
    store(tile.dtu + place, dt.value * u);
    if (Slopes) {
      store(tile.slope + place, dt.slope);
    }
  }
}

/// Asks for a vector of channels, in one array or two, of the rows of the tile that starts at
/// `first`. A burst of requests would stall, so every group of states asks for its part of them.
void prefetch_rows(const RowScanSlice& s,
                   std::int64_t first,
                   std::int64_t n0,
                   const float* one,
                   const float* two) {
  const std::int64_t begin = first + n0 * T / s.states;
  const std::int64_t end = first + (n0 + G) * T / s.states;
  for (std::int64_t t = begin; t < end && t < s.tokens && t >= 0; ++t) {
    const std::int64_t offset = row_at(s, t) * s.row_stride;
    __builtin_prefetch(one + offset);
    __builtin_prefetch(two + offset);
  }
}

void forward_group(const RowScanSlice& s, const Tile& tile, std::int64_t n0, std::int64_t channel) {
  Lanes exponent[G];
  Lanes h[G];
  for (std::int64_t k = 0; k < G; ++k) {
    exponent[k] = load(s.exponents + (n0 + k) * s.padded + channel);
    h[k] = load(tile.state + (n0 + k) * s.padded + channel);
  }
  const std::int64_t length = tile.length;
  const std::int64_t stride = s.states;
  const float* B = tile.B + n0;
  const float* C = tile.C + n0;
  const float* dts = tile.dt + channel * T;
  const float* dtus = tile.dtu + channel * T;
  float* ys = tile.y + channel * T;
  for (std::int64_t t = 0; t < length; ++t, B += stride, C += stride) {
    const Lanes dt = load(dts + t * W);
    const Lanes dtu = load(dtus + t * W);
    Lanes y = load(ys + t * W);
#pragma GCC unroll 4
    for (std::int64_t k = 0; k < G; ++k) {
      h[k] = exp2_of_product(dt, exponent[k]) * h[k] + dtu * B[k];
      y += h[k] * C[k];
    }
    store(ys + t * W, y);
  }
  for (std::int64_t k = 0; k < G; ++k) {
    store(tile.state + (n0 + k) * s.padded + channel, h[k]);
  }
}

void skip_term(const RowScanSlice& s, const Tile& tile, std::int64_t channel) {
  const Lanes D = load(s.D + channel);
  for (std::int64_t t = 0; t < tile.length; ++t) {
    const std::int64_t place = channel * T + t * W;
    store(tile.y + place, D * load(tile.u + place));
  }
}

void write_outputs(const RowScanSlice& s, const Tile& tile, std::int64_t channel) {
  for (std::int64_t t = 0; t < tile.length; ++t) {
    float* target = s.y + row_at(s, tile.first + t) * s.row_stride + channel;
    const Lanes y = load(tile.y + channel * T + t * W);
    if (s.accumulate) {
      store_some(target, y + load_some(target, s.width - channel), s.width - channel);
    } else {
      stream_some(target, y, s.width - channel);
    }
  }
}

void forward_tile(const RowScanSlice& s, const Tile& tile) {
  const float* read_beside_u = s.accumulate ? s.y : s.delta != nullptr ? s.delta : s.u;
  for (std::int64_t channel = 0; channel < s.padded; channel += W) {
    stage_steps<false>(s, tile, channel);
    skip_term(s, tile, channel);
    for (std::int64_t n0 = 0; n0 < s.states; n0 += G) {
      prefetch_rows(s, tile.first + T, n0, s.u + channel, read_beside_u + channel);
      forward_group(s, tile, n0, channel);
    }
    write_outputs(s, tile, channel);
  }
}

/// Recomputes the decays and states of one group over the tile from the state kept before it.
void replay_group(const RowScanSlice& s,
                  const Tile& tile,
                  const float* kept,
                  std::int64_t n0,
                  std::int64_t channel) {
  Lanes exponent[G];
  Lanes h[G];
  for (std::int64_t k = 0; k < G; ++k) {
    exponent[k] = load(s.exponents + (n0 + k) * s.padded + channel);
    h[k] = load(kept + (n0 + k) * s.padded + channel);
    store(tile.history + k * W, h[k]);
  }
  const std::int64_t length = tile.length;
  const std::int64_t stride = s.states;
  const float* B = tile.B + n0;
  const float* dts = tile.dt + channel * T;
  const float* dtus = tile.dtu + channel * T;
  float* decays = tile.decays;
  float* history = tile.history + G * W;
  for (std::int64_t t = 0; t < length; ++t, B += stride) {
    const Lanes dt = load(dts + t * W);
    const Lanes dtu = load(dtus + t * W);
#pragma GCC unroll 4
    for (std::int64_t k = 0; k < G; ++k) {
      const Lanes decay = exp2_of_product(dt, exponent[k]);
      h[k] = decay * h[k] + dtu * B[k];
      store(decays + (t * G + k) * W, decay);
      store(history + (t * G + k) * W, h[k]);
    }
  }
}

/// Walks one group backwards over the tile. The gradient of h[t] is what later tokens carry back
/// plus C[t] times the gradient of y[t]. The `First` channels start the products, others add.
template <bool First>
void backward_group(const RowScanSlice& s,
                    const Tile& tile,
                    std::int64_t n0,
                    std::int64_t channel) {
  Lanes exponent[G];
  Lanes carry[G];
  Lanes grad_A[G];
  Lanes h[G];
  for (std::int64_t k = 0; k < G; ++k) {
    exponent[k] = load(s.exponents + (n0 + k) * s.padded + channel);
    carry[k] = load(tile.state + (n0 + k) * s.padded + channel);
    grad_A[k] = Lanes{};
    h[k] = load(tile.history + (tile.length * G + k) * W);
  }
  const std::int64_t stride = s.states;
  const std::int64_t place = channel * T;
  const float* dts = tile.dt + place;
  const float* dtus = tile.dtu + place;
  const float* grad_ys = tile.y + place;
  const float* decays = tile.decays;
  const float* history = tile.history;
  float* grad_dts = tile.grad_dt + place;
  float* grad_dtus = tile.grad_dtu + place;
  float* projected = tile.projected;
  const float* B = tile.B + (tile.length - 1) * stride + n0;
  const float* C = tile.C + (tile.length - 1) * stride + n0;
  for (std::int64_t t = tile.length; t-- > 0; B -= stride, C -= stride) {
    const Lanes grad_y = load(grad_ys + t * W);
    const Lanes dt = load(dts + t * W);
    const Lanes dtu = load(dtus + t * W);
    Lanes grad_dt = load(grad_dts + t * W);
    Lanes grad_dtu = load(grad_dtus + t * W);
    float* grad_B = projected + t * 2 * G * W;
    float* grad_C = grad_B + G * W;
#pragma GCC unroll 4
    for (std::int64_t k = 0; k < G; ++k) {
      const Lanes grad_h = grad_y * C[k] + carry[k];
      store(grad_C + k * W, First ? grad_y * h[k] : grad_y * h[k] + load(grad_C + k * W));
      store(grad_B + k * W, First ? grad_h * dtu : grad_h * dtu + load(grad_B + k * W));
      carry[k] = grad_h * load(decays + (t * G + k) * W);
      h[k] = load(history + (t * G + k) * W);
      const Lanes grad_exponent = carry[k] * h[k];
      grad_A[k] += grad_exponent * dt;
      grad_dt += grad_exponent * exponent[k];
      grad_dtu += grad_h * B[k];
    }
    store(grad_dts + t * W, grad_dt);
    store(grad_dtus + t * W, grad_dtu);
  }
  for (std::int64_t k = 0; k < G; ++k) {
    const std::int64_t place_n = (n0 + k) * s.padded + channel;
    store(tile.state + place_n, carry[k]);
    store(s.grad_A + place_n, load(s.grad_A + place_n) + grad_A[k]);
  }
}

void write_projected(const RowScanSlice& s, const Tile& tile, std::int64_t n0) {
  for (std::int64_t t = 0; t < tile.length; ++t) {
    float* target = s.grad_projected + row_at(s, tile.first + t) * 2 * s.states + n0;
    float sums[2 * G];
    eight_lane_sums(tile.projected + t * 2 * G * W, sums);
    std::memcpy(target, sums, G * sizeof(float));
    std::memcpy(target + s.states, sums + G, G * sizeof(float));
  }
}

void stage_gradients(const RowScanSlice& s, const Tile& tile, std::int64_t channel) {
  for (std::int64_t t = 0; t < tile.length; ++t) {
    const std::int64_t place = channel * T + t * W;
    const float* source = s.grad_y + row_at(s, tile.first + t) * s.row_stride + channel;
    store(tile.y + place, load_some(source, s.width - channel));
    store(tile.grad_dt + place, Lanes{});
    store(tile.grad_dtu + place, Lanes{});
  }
}

void write_gradients(const RowScanSlice& s, const Tile& tile, std::int64_t channel) {
  const Lanes D = load(s.D + channel);
  Lanes grad_D{};
  Lanes grad_bias{};
  for (std::int64_t t = 0; t < tile.length; ++t) {
    const std::int64_t place = channel * T + t * W;
    const std::int64_t target = row_at(s, tile.first + t) * s.row_stride + channel;
    const Lanes u = load(tile.u + place);
    const Lanes grad_y = load(tile.y + place);
    const Lanes grad_dtu = load(tile.grad_dtu + place);
    const Lanes grad_dt = load(tile.grad_dt + place) * 0.69314718F + grad_dtu * u;
    const Lanes grad_raw = grad_dt * load(tile.slope + place);
    grad_D += grad_y * u;
    grad_bias += grad_raw;
    const Lanes grad_u = grad_dtu * load(tile.dt + place) + D * grad_y;
    stream_some(s.grad_u + target, grad_u, s.width - channel);
    stream_some(s.grad_delta + target, grad_raw, s.width - channel);
  }
  store(s.grad_D + channel, load(s.grad_D + channel) + grad_D);
  store(s.grad_dt_bias + channel, load(s.grad_dt_bias + channel) + grad_bias);
}

void backward_tile(const RowScanSlice& s, const Tile& tile, const float* kept) {
  for (std::int64_t channel = 0; channel < s.padded; channel += W) {
    stage_steps<true>(s, tile, channel);
    stage_gradients(s, tile, channel);
  }
  for (std::int64_t n0 = 0; n0 < s.states; n0 += G) {
    for (std::int64_t channel = 0; channel < s.padded; channel += W) {
      prefetch_rows(s, tile.first - T, n0, s.u + channel, s.grad_y + channel);
      replay_group(s, tile, kept, n0, channel);
      if (channel == 0) {
        backward_group<true>(s, tile, n0, channel);
      } else {
        backward_group<false>(s, tile, n0, channel);
      }
    }
    write_projected(s, tile, n0);
  }
  for (std::int64_t channel = 0; channel < s.padded; channel += W) {
    write_gradients(s, tile, channel);
  }
}

/// The tile of that number, with the projections that all slices of a sample share.
Tile shared_tile(const RowScanSlice& s, std::int64_t number) {
  Tile tile(s);
  tile.first = number * T;
  tile.length = s.tokens - tile.first < T ? s.tokens - tile.first : T;
  stage_projections(s, tile);
  return tile;
}

void clear_states(const RowScanSlice* slices, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t elements = slices[i].states * slices[i].padded;
    std::memset(Tile(slices[i]).state, 0, static_cast<std::size_t>(elements) * sizeof(float));
  }
}

}  // namespace

void row_scan_forward_slices(const RowScanSlice* slices, std::int64_t count) {
  const std::int64_t state_count = slices[0].states * slices[0].padded;
  const auto state_bytes = static_cast<std::size_t>(state_count) * sizeof(float);
  clear_states(slices, count);
  for (std::int64_t number = 0; number * T < slices[0].tokens; ++number) {
    const Tile shared = shared_tile(slices[0], number);
    for (std::int64_t i = 0; i < count; ++i) {
      const Tile tile = Tile(slices[i]).at_the_place_of(shared);
      if (slices[i].states_kept != nullptr) {
        std::memcpy(slices[i].states_kept + number * state_count, tile.state, state_bytes);
      }
      forward_tile(slices[i], tile);
    }
  }
  finish_streams();
}

void row_scan_backward_slices(const RowScanSlice* slices, std::int64_t count) {
  const std::int64_t state_count = slices[0].states * slices[0].padded;
  clear_states(slices, count);
  for (std::int64_t number = (slices[0].tokens + T - 1) / T; number-- > 0;) {
    const Tile shared = shared_tile(slices[0], number);
    for (std::int64_t i = 0; i < count; ++i) {
      const Tile tile = Tile(slices[i]).at_the_place_of(shared);
      backward_tile(slices[i], tile, slices[i].states_kept + number * state_count);
    }
  }
  finish_streams();
}

}  // namespace yates::kernels::YATES_SIMD
