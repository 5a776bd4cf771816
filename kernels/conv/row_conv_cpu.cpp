// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/row_conv_cpu.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/conv/row_conv_simd.hpp"
#include "kernels/simd/aligned_buffer.hpp"

namespace yates::kernels {
namespace {

/// Weights (slice, tap, padded) and bias (slice, padded), zero in the padding.
struct PackedWeights {
  std::int64_t padded;
  std::int64_t slices;
  AlignedBuffer weight, bias;

  explicit PackedWeights(const RowConvShape& shape)
      : padded(slice_width(shape.channels)),
        slices(divide_up(shape.channels, padded)),
        weight(slices * shape.width * padded),
        bias(slices * padded) {}

  [[nodiscard]] std::int64_t place(const RowConvShape& shape,
                                   std::int64_t channel,
                                   std::int64_t tap) const {
    return (channel / padded * shape.width + tap) * padded + channel % padded;
  }
};

PackedWeights pack(const RowConvShape& shape, const RowConvInputs& in) {
  PackedWeights packed(shape);
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t k = 0; k < shape.width; ++k) {
      packed.weight.data()[packed.place(shape, c, k)] = in.weight[c * shape.width + k];
    }
    packed.bias.data()[c] = in.bias != nullptr ? in.bias[c] : 0.0F;
  }
  return packed;
}

RowConvSlice slice_of(const RowConvShape& shape,
                      const RowConvInputs& in,
                      const PackedWeights& packed,
                      std::int64_t sample,
                      std::int64_t slice) {
  const std::int64_t first = slice * packed.padded;
  const std::int64_t row0 = sample * shape.tokens;
  return {.tokens = shape.tokens,
          .channels = std::min(packed.padded, shape.channels - first),
          .padded = packed.padded,
          .width = shape.width,
          .silu = in.silu,
          .order = in.order == nullptr ? nullptr : in.order + (in.order_per_sample ? row0 : 0),
          .x = in.x + row0 * in.x_stride + first,
          .x_stride = in.x_stride,
          .weight = packed.weight.data() + first * shape.width,
          .bias = packed.bias.data() + first,
          .y_stride = shape.channels};
}

void check(const RowConvShape& shape) {
  YATES_ASSERT(shape.width >= 1 && shape.width <= kRowConvMaxWidth, "width {}", shape.width);
}

}  // namespace

void row_conv_forward_cpu(const RowConvShape& shape,
                          const RowConvInputs& inputs,
                          float* y,
                          const ParallelRunner& parallel,
                          Isa isa) {
  check(shape);
  const PackedWeights packed = pack(shape, inputs);
  const auto run = YATES_FOR_ISA(isa, row_conv_slice_forward);
  parallel(shape.batch * packed.slices, [&](std::int64_t task) {
    const std::int64_t sample = task / packed.slices;
    const std::int64_t index = task % packed.slices;
    RowConvSlice slice = slice_of(shape, inputs, packed, sample, index);
    slice.y = y + sample * shape.tokens * shape.channels + index * packed.padded;
    run(slice);
  });
}

void row_conv_backward_cpu(const RowConvShape& shape,
                           const RowConvInputs& inputs,
                           const float* grad_y,
                           const RowConvGradients& gradients,
                           const ParallelRunner& parallel,
                           Isa isa) {
  check(shape);
  const PackedWeights packed = pack(shape, inputs);
  PackedWeights sums(shape);
  const auto run = YATES_FOR_ISA(isa, row_conv_slice_backward);
  parallel(packed.slices, [&](std::int64_t index) {
    AlignedBuffer scratch(row_conv_scratch(packed.padded, shape.width));
    for (std::int64_t sample = 0; sample < shape.batch; ++sample) {
      RowConvSlice slice = slice_of(shape, inputs, packed, sample, index);
      const std::int64_t first = index * packed.padded;
      slice.grad_y = grad_y + sample * shape.tokens * shape.channels + first;
      slice.grad_x = gradients.x + (slice.x - inputs.x);
      slice.accumulate = gradients.accumulate;
      slice.grad_weight = sums.weight.data() + first * shape.width;
      slice.grad_bias = sums.bias.data() + first;
      slice.scratch = scratch.data();
      run(slice);
    }
  });
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t k = 0; k < shape.width; ++k) {
      gradients.weight[c * shape.width + k] += sums.weight.data()[sums.place(shape, c, k)];
    }
    if (gradients.bias != nullptr) {
      gradients.bias[c] += sums.bias.data()[c];
    }
  }
}

}  // namespace yates::kernels
