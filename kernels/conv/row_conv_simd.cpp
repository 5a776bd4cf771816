// SPDX-License-Identifier: Apache-2.0
// Token by token, all channels of the slice at each: the rows of the last taps are still in cache.
// Compiled once per instruction set (kernels/simd/lanes.hpp).
#include "kernels/conv/row_conv_simd.hpp"

#include "kernels/simd/lanes.hpp"

namespace yates::kernels::YATES_SIMD {
namespace {

constexpr std::int64_t W = kLanes;

/// The rows under the taps at one position; null before the first token.
struct Window {
  const float* rows[kRowConvMaxWidth];
};

std::int64_t row_at(const RowConvSlice& s, std::int64_t position) {
  return s.order != nullptr ? s.order[position] : position;
}

Window window_at(const RowConvSlice& s, std::int64_t position) {
  Window window{};
  for (std::int64_t k = 0; k < s.width; ++k) {
    const std::int64_t source = position - (s.width - 1) + k;
    window.rows[k] = source < 0 ? nullptr : s.x + row_at(s, source) * s.x_stride;
  }
  return window;
}

Lanes pre_activation(const RowConvSlice& s, const Window& window, std::int64_t c) {
  Lanes sum = load(s.bias + c);
  for (std::int64_t k = 0; k < s.width; ++k) {
    if (window.rows[k] != nullptr) {
      sum += load(s.weight + k * s.padded + c) * load_some(window.rows[k] + c, s.channels - c);
    }
  }
  return sum;
}

/// Memory of the backward pass: gradients of the last `width` pre-activations, and the sums of
/// the tile.
struct Scratch {
  float* ring;    ///< (position modulo width, padded)
  float* weight;  ///< (tap, padded)
  float* bias;    ///< (padded)

  explicit Scratch(const RowConvSlice& s)
      : ring(s.scratch),
        weight(s.scratch + s.width * s.padded),
        bias(s.scratch + 2 * s.width * s.padded) {}
};

/// Gradients of the pre-activations at one position, with their shares of the weights' gradients.
void backward_token(const RowConvSlice& s, const Scratch& scratch, std::int64_t position) {
  const Window window = window_at(s, position);
  const float* grad_y = s.grad_y + row_at(s, position) * s.y_stride;
  float* ring = scratch.ring + position % s.width * s.padded;
  for (std::int64_t c = 0; c < s.padded; c += W) {
    Lanes grad = load_some(grad_y + c, s.channels - c);
    if (s.silu) {
      const Lanes p = pre_activation(s, window, c);
      const Lanes q = sigmoid(p);
      grad = grad * (q + p * q * (1.0F - q));
    }
    store(ring + c, grad);
    store(scratch.bias + c, load(scratch.bias + c) + grad);
    for (std::int64_t k = 0; k < s.width; ++k) {
      if (window.rows[k] != nullptr) {
        float* sum = scratch.weight + k * s.padded + c;
        store(sum, load(sum) + grad * load_some(window.rows[k] + c, s.channels - c));
      }
    }
  }
}

/// The gradient of x at `position`, out of the ring; `end` bounds the positions that exist.
void write_grad_x(const RowConvSlice& s,
                  const Scratch& scratch,
                  std::int64_t position,
                  std::int64_t end) {
  float* target = s.grad_x + row_at(s, position) * s.x_stride;
  for (std::int64_t c = 0; c < s.padded; c += W) {
    Lanes sum = s.accumulate ? load_some(target + c, s.channels - c) : Lanes{};
    for (std::int64_t k = 0; k < s.width; ++k) {
      const std::int64_t later = position + s.width - 1 - k;
      if (later < end) {
        sum +=
            load(s.weight + k * s.padded + c) * load(scratch.ring + later % s.width * s.padded + c);
      }
    }
    store_some(target + c, sum, s.channels - c);
  }
}

/// Moves the sums of a tile to the totals: short sums first keep the rounding error small.
void flush_sums(const RowConvSlice& s, const Scratch& scratch) {
  for (std::int64_t i = 0; i < s.width * s.padded; i += W) {
    store(s.grad_weight + i, load(s.grad_weight + i) + load(scratch.weight + i));
  }
  for (std::int64_t c = 0; c < s.padded; c += W) {
    store(s.grad_bias + c, load(s.grad_bias + c) + load(scratch.bias + c));
  }
  std::memset(
      scratch.weight, 0, static_cast<std::size_t>((s.width + 1) * s.padded) * sizeof(float));
}

}  // namespace

void row_conv_slice_forward(const RowConvSlice& slice) {
  for (std::int64_t position = 0; position < slice.tokens; ++position) {
    const Window window = window_at(slice, position);
    float* y = slice.y + row_at(slice, position) * slice.y_stride;
    for (std::int64_t c = 0; c < slice.padded; c += W) {
      const Lanes p = pre_activation(slice, window, c);
      store_some(y + c, slice.silu ? p * sigmoid(p) : p, slice.channels - c);
    }
  }
}

void row_conv_slice_backward(const RowConvSlice& slice) {
  const Scratch scratch(slice);
  std::memset(
      slice.scratch,
      0,
      static_cast<std::size_t>(row_conv_scratch(slice.padded, slice.width)) * sizeof(float));
  const std::int64_t delay = slice.width - 1;
  for (std::int64_t position = 0; position < slice.tokens + delay; ++position) {
    if (position < slice.tokens) {
      backward_token(slice, scratch, position);
    }
    if (position >= delay) {
      write_grad_x(slice, scratch, position - delay, slice.tokens);
    }
    if (position % kRowConvTile == kRowConvTile - 1 || position == slice.tokens - 1) {
      flush_sums(slice, scratch);
    }
  }
}

}  // namespace yates::kernels::YATES_SIMD
