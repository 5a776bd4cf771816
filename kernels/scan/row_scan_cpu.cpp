// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/row_scan_cpu.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "kernels/scan/row_scan_simd.hpp"
#include "kernels/simd/aligned_buffer.hpp"
#include "kernels/simd/channel_slices.hpp"

namespace yates::kernels {
namespace {

constexpr float kLog2E = 1.44269504F;

/// Channels of a slice at most: what is shared by its channels (B, C and their gradients) is then
/// cheap, and its scratch stays in the second cache.
constexpr std::int64_t kWidestSlice = 96;

/// How the channels are cut; depends on the shape alone.
struct Partition {
  std::int64_t padded;  ///< Channels per slice.
  std::int64_t slices;
  std::int64_t states;  ///< Padded.
  std::int64_t tiles;

  explicit Partition(const RowScanShape& shape)
      : padded(slice_width(shape.channels, kWidestSlice)),
        slices(divide_up(shape.channels, padded)),
        states(round_up(shape.states, kRowScanGroup)),
        tiles(divide_up(shape.tokens, kRowScanTile)) {}

  [[nodiscard]] std::int64_t states_of_slice() const { return tiles * states * padded; }
};

/// The weights of all slices, transposed and padded: channel-wide vectors with unit stride.
struct PackedWeights {
  AlignedBuffer exponents, D, dt_bias, dt_weight;

  PackedWeights(const RowScanShape& shape, const RowScanInputs& in, const Partition& cut)
      : exponents(cut.slices * cut.states * cut.padded),
        D(cut.slices * cut.padded),
        dt_bias(cut.slices * cut.padded),
        dt_weight(cut.slices * shape.rank * cut.padded) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const std::int64_t slice = c / cut.padded;
      const std::int64_t lane = c % cut.padded;
      for (std::int64_t n = 0; n < shape.states; ++n) {
        exponents.data()[(slice * cut.states + n) * cut.padded + lane] =
            in.A[c * shape.states + n] * kLog2E;
      }
      for (std::int64_t r = 0; r < shape.rank && in.dt_weight != nullptr; ++r) {
        dt_weight.data()[(slice * shape.rank + r) * cut.padded + lane] =
            in.dt_weight[c * shape.rank + r];
      }
      D.data()[c] = in.D != nullptr ? in.D[c] : 0.0F;
      dt_bias.data()[c] = in.dt_bias != nullptr ? in.dt_bias[c] : 0.0F;
    }
  }
};

RowScanSlice slice_of(const RowScanShape& shape,
                      const RowScanInputs& in,
                      const Partition& cut,
                      const PackedWeights& weights,
                      std::int64_t sample,
                      std::int64_t slice) {
  const std::int64_t first = slice * cut.padded;
  const std::int64_t row0 = sample * shape.tokens;
  const std::int64_t feature_stride = shape.rank + 2 * shape.states;
  return {.tokens = shape.tokens,
          .width = std::min(cut.padded, shape.channels - first),
          .padded = cut.padded,
          .states = cut.states,
          .true_states = shape.states,
          .rank = shape.rank,
          .row_stride = shape.channels,
          .feature_stride = feature_stride,
          .softplus = in.softplus,
          .order = in.order == nullptr ? nullptr : in.order + (in.order_per_sample ? row0 : 0),
          .u = in.u + row0 * shape.channels + first,
          .delta = in.delta == nullptr ? nullptr : in.delta + row0 * shape.channels + first,
          .features = in.features + row0 * feature_stride,
          .exponents = weights.exponents.data() + slice * cut.states * cut.padded,
          .D = weights.D.data() + first,
          .dt_bias = weights.dt_bias.data() + first,
          .dt_weight = weights.dt_weight.data() + slice * shape.rank * cut.padded};
}

/// Neighbouring slices [begin, end) of one sample with their scratch memory.
class SliceRange {
 public:
  SliceRange(const RowScanShape& shape,
             const RowScanInputs& in,
             const Partition& cut,
             const PackedWeights& weights,
             std::int64_t sample,
             std::int64_t begin,
             std::int64_t end)
      : begin_(begin), scratch_((end - begin) * row_scan_scratch(cut.padded, cut.states)) {
    for (std::int64_t i = begin; i < end; ++i) {
      slices_.push_back(slice_of(shape, in, cut, weights, sample, i));
      slices_.back().scratch =
          scratch_.data() + (i - begin) * row_scan_scratch(cut.padded, cut.states);
    }
  }

  RowScanSlice& slice(std::int64_t i) { return slices_[static_cast<std::size_t>(i - begin_)]; }
  [[nodiscard]] const RowScanSlice* data() const { return slices_.data(); }

 private:
  std::int64_t begin_;
  AlignedBuffer scratch_;
  std::vector<RowScanSlice> slices_;
};

/// The sums of the backward pass, per slice as the kernels write them.
struct SliceSums {
  AlignedBuffer A, D, dt_bias;
  AlignedBuffer projected;  ///< (slice, row, 2 states) of one sample.

  SliceSums(const RowScanShape& shape, const Partition& cut)
      : A(cut.slices * cut.states * cut.padded),
        D(cut.slices * cut.padded),
        dt_bias(cut.slices * cut.padded),
        projected(cut.slices * shape.tokens * 2 * cut.states, AlignedBuffer::Unset) {}
};

/// Adds the slices' shares of grad B and grad C of one sample, slice by slice.
void join_projections(const RowScanShape& shape,
                      const Partition& cut,
                      const SliceSums& sums,
                      float* features,
                      const RangeRunner& parallel) {
  const std::int64_t stride = shape.rank + 2 * shape.states;
  parallel(shape.tokens, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      float* target = features + row * stride + shape.rank;
      for (std::int64_t slice = 0; slice < cut.slices; ++slice) {
        const float* share = sums.projected.data() + (slice * shape.tokens + row) * 2 * cut.states;
        for (std::int64_t n = 0; n < shape.states; ++n) {
          target[n] = (slice == 0 ? 0.0F : target[n]) + share[n];
          target[shape.states + n] =
              (slice == 0 ? 0.0F : target[shape.states + n]) + share[cut.states + n];
        }
      }
    }
  });
}

void add_sums(const RowScanShape& shape,
              const Partition& cut,
              const SliceSums& sums,
              const RowScanGradients& out) {
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    const std::int64_t slice = c / cut.padded;
    for (std::int64_t n = 0; n < shape.states; ++n) {
      out.A[c * shape.states + n] +=
          sums.A.data()[(slice * cut.states + n) * cut.padded + c % cut.padded];
    }
    if (out.D != nullptr) {
      out.D[c] += sums.D.data()[c];
    }
    if (out.dt_bias != nullptr) {
      out.dt_bias[c] += sums.dt_bias.data()[c];
    }
  }
}

void check(const RowScanShape& shape, const RowScanInputs& in) {
  YATES_ASSERT(shape.batch >= 0 && shape.tokens >= 0 && shape.channels >= 0 && shape.states >= 0,
               "batch {}, tokens {}, channels {}, states {}",
               shape.batch,
               shape.tokens,
               shape.channels,
               shape.states);
  YATES_ASSERT(in.delta != nullptr || in.dt_weight != nullptr || shape.rank == 0,
               "rank {} without weights",
               shape.rank);
}

}  // namespace

std::int64_t row_scan_scratch(std::int64_t padded, std::int64_t states) {
  return 7 * kRowScanTile * padded + 2 * kRowScanTile * round_up(states, kSliceAlign) +
         states * padded + (4 * kRowScanTile + 1) * kRowScanGroup * kSliceAlign + 13 * kRowScanSkew;
}

std::int64_t row_scan_state_count(const RowScanShape& shape) {
  const Partition cut(shape);
  return shape.batch * cut.slices * cut.states_of_slice();
}

void row_scan_forward_cpu(const RowScanShape& shape,
                          const RowScanInputs& inputs,
                          float* y,
                          bool accumulate,
                          float* states,
                          const RangeRunner& parallel,
                          Isa isa) {
  check(shape, inputs);
  const Partition cut(shape);
  const PackedWeights weights(shape, inputs, cut);
  const auto run = YATES_FOR_ISA(isa, row_scan_forward_slices);
  const auto scan = [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
    SliceRange range(shape, inputs, cut, weights, sample, begin, end);
    for (std::int64_t i = begin; i < end; ++i) {
      RowScanSlice& slice = range.slice(i);
      const std::int64_t place = (sample * cut.slices + i) * cut.states_of_slice();
      slice.states_kept = states == nullptr ? nullptr : states + place;
      slice.y = y + (slice.u - inputs.u);
      slice.accumulate = accumulate;
    }
    run(range.data(), end - begin);
  };
  parallel(shape.batch * cut.slices, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t sample = begin / cut.slices;
      const std::int64_t last = std::min(end, (sample + 1) * cut.slices);
      scan(sample, begin - sample * cut.slices, last - sample * cut.slices);
      begin = last;
    }
  });
}

void row_scan_backward_cpu(const RowScanShape& shape,
                           const RowScanInputs& inputs,
                           const float* states,
                           const float* grad_y,
                           const RowScanGradients& gradients,
                           const RangeRunner& parallel,
                           Isa isa) {
  check(shape, inputs);
  const Partition cut(shape);
  const PackedWeights weights(shape, inputs, cut);
  SliceSums sums(shape, cut);
  const auto run = YATES_FOR_ISA(isa, row_scan_backward_slices);
  for (std::int64_t sample = 0; sample < shape.batch; ++sample) {
    parallel(cut.slices, [&](std::int64_t begin, std::int64_t end) {
      SliceRange range(shape, inputs, cut, weights, sample, begin, end);
      for (std::int64_t i = begin; i < end; ++i) {
        RowScanSlice& slice = range.slice(i);
        const std::int64_t offset = slice.u - inputs.u;
        const std::int64_t first = i * cut.padded;
        // The kernel only reads the kept states.
        slice.states_kept =
            const_cast<float*>(states) + (sample * cut.slices + i) * cut.states_of_slice();
        slice.grad_y = grad_y + offset;
        slice.grad_u = gradients.u + offset;
        slice.grad_delta = gradients.delta + offset;
        slice.grad_projected = sums.projected.data() + i * shape.tokens * 2 * cut.states;
        slice.grad_A = sums.A.data() + first * cut.states;
        slice.grad_D = sums.D.data() + first;
        slice.grad_dt_bias = sums.dt_bias.data() + first;
      }
      run(range.data(), end - begin);
    });
    float* features = gradients.features + sample * shape.tokens * (shape.rank + 2 * shape.states);
    join_projections(shape, cut, sums, features, parallel);
  }
  add_sums(shape, cut, sums, gradients);
}

}  // namespace yates::kernels
