// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_cpu.hpp"

#include <cmath>
#include <vector>

#include "kernels/norm/instance_norm_simd.hpp"
#include "kernels/simd/channel_plan.hpp"

namespace yates::kernels {
namespace {

ChannelPlan plan_of(const InstanceNormShape& shape) {
  return {shape.layout, shape.batch, shape.channels, shape.voxels};
}

/// Mean of a block, and the sum of squared deviations from it: a provisional mean in float32, then
/// the deviations from that, whose sum corrects both.
void block_moments(
    const ChannelPlan& plan, const float* x, std::int64_t index, BlockSums& out, Isa isa) {
  std::vector<float> sums(static_cast<std::size_t>(plan.tile));
  std::vector<float> squares(sums.size());
  std::vector<float> provisional(static_cast<std::size_t>(plan.channels));
  const auto count = static_cast<double>(plan.rows_of(index));
  const ChannelBlock block = plan.block(index);
  YATES_FOR_ISA(isa, instance_norm_sum)(block, x, sums.data());
  for (std::int64_t c = 0; c < plan.channels; ++c) {
    provisional[static_cast<std::size_t>(c)] =
        static_cast<float>(plan.channel_sum(sums.data(), c) / count);
  }
  const std::vector<float> mean = plan.tile_of(provisional.data());
  YATES_FOR_ISA(isa, instance_norm_deviation)
  (block, x, mean.data(), sums.data(), squares.data());
  for (std::int64_t c = 0; c < plan.channels; ++c) {
    const double shift = plan.channel_sum(sums.data(), c);
    out.at(index, 0, c) =
        static_cast<double>(provisional[static_cast<std::size_t>(c)]) + shift / count;
    out.at(index, 1, c) = plan.channel_sum(squares.data(), c) - shift * shift / count;
  }
}

/// Joins the blocks' moments in their order (Chan, Golub and LeVeque's update).
void join_moments(const InstanceNormShape& shape,
                  const ChannelPlan& plan,
                  BlockSums& sums,
                  float* means,
                  float* factors) {
  for (std::int64_t c = 0; c < plan.channels; ++c) {
    double mean = 0;
    double squares = 0;
    double count = 0;
    for (std::int64_t block = 0; block < plan.blocks; ++block) {
      const auto more = static_cast<double>(plan.rows_of(block));
      const double apart = sums.at(block, 0, c) - mean;
      const double share = more / (count + more);
      squares += sums.at(block, 1, c) + apart * apart * count * share;
      mean += apart * share;
      count += more;
    }
    means[c] = static_cast<float>(mean);
    factors[c] = static_cast<float>(1 / std::sqrt(squares / count + shape.epsilon));
  }
}

/// Moments of a problem and their tiles.
struct Tiles {
  std::vector<float> mean, factor;

  Tiles() = default;
  Tiles(const ChannelPlan& plan, const InstanceNormMoments& moments, std::int64_t problem)
      : mean(plan.tile_of(moments.mean + problem * plan.channels)),
        factor(plan.tile_of(moments.factor + problem * plan.channels)) {}

  static Tiles of(const InstanceNormShape& shape,
                  const ChannelPlan& plan,
                  const float* x,
                  const InstanceNormMoments& moments,
                  std::int64_t problem,
                  const ParallelRunner& inner,
                  Isa isa) {
    BlockSums sums(plan, 2);
    inner(plan.blocks, [&](std::int64_t block) {
      block_moments(plan, x + plan.place(problem, block), block, sums, isa);
    });
    const std::int64_t first = problem * plan.channels;
    join_moments(shape, plan, sums, moments.mean + first, moments.factor + first);
    return {plan, moments, problem};
  }
};

/// Pointers and tiles of one block.
InstanceNormBlock block_of(const InstanceNormShape& shape,
                           const ChannelPlan& plan,
                           const InstanceNormInputs<float>& inputs,
                           const Tiles& tiles,
                           const Tiles& residual_tiles,
                           std::int64_t problem,
                           std::int64_t index) {
  const std::int64_t place = plan.place(problem, index);
  return {.block = plan.block(index),
          .residual_kind = shape.residual,
          .negative_slope = static_cast<float>(shape.negative_slope),
          .x = inputs.x + place,
          .residual = inputs.residual == nullptr ? nullptr : inputs.residual + place,
          .mean = tiles.mean.data(),
          .factor = tiles.factor.data(),
          .residual_mean = residual_tiles.mean.data(),
          .residual_factor = residual_tiles.factor.data()};
}

}  // namespace

void instance_norm_forward_cpu(const InstanceNormShape& shape,
                               const InstanceNormInputs<float>& inputs,
                               float* y,
                               const InstanceNormMoments& moments,
                               const InstanceNormMoments& residual_moments,
                               const ParallelRunner& parallel,
                               Isa isa) {
  if (shape.batch * shape.channels * shape.voxels == 0) {
    return;
  }
  const ChannelPlan plan = plan_of(shape);
  const auto apply = YATES_FOR_ISA(isa, instance_norm_apply);
  plan.for_each_problem(parallel, [&](std::int64_t problem, const ParallelRunner& inner) {
    const Tiles tiles = Tiles::of(shape, plan, inputs.x, moments, problem, inner, isa);
    const Tiles residual_tiles =
        shape.residual == Residual::Normalised
            ? Tiles::of(shape, plan, inputs.residual, residual_moments, problem, inner, isa)
            : Tiles();
    inner(plan.blocks, [&](std::int64_t block) {
      apply(block_of(shape, plan, inputs, tiles, residual_tiles, problem, block),
            y + plan.place(problem, block));
    });
  });
}

namespace {

/// Tiles of the means over the voxels that the gradients need.
struct GradientMeans {
  std::vector<float> gradient, along, residual_along;
};

/// The sums of one block, channel by channel, into `out`.
void block_gradient_sums(const ChannelPlan& plan,
                         const InstanceNormBlock& block,
                         std::int64_t index,
                         BlockSums& out,
                         Isa isa) {
  const bool both = block.residual_kind == Residual::Normalised;
  std::vector<float> sums(static_cast<std::size_t>((both ? 3 : 2) * plan.tile));
  float* const first = sums.data();
  YATES_FOR_ISA(isa, instance_norm_gradient_sums)
  (block,
   {.gradient = first,
    .along = first + plan.tile,
    .residual_along = both ? first + 2 * plan.tile : nullptr});
  for (std::int64_t kind = 0; kind < (both ? 3 : 2); ++kind) {
    for (std::int64_t c = 0; c < plan.channels; ++c) {
      out.at(index, kind, c) = plan.channel_sum(first + kind * plan.tile, c);
    }
  }
}

GradientMeans gradient_means(const ChannelPlan& plan, BlockSums& sums, bool both) {
  const auto mean = [&](std::int64_t kind) {
    std::vector<float> values;
    for (std::int64_t c = 0; c < plan.channels; ++c) {
      values.push_back(static_cast<float>(sums.total(kind, c) / static_cast<double>(plan.rows)));
    }
    return plan.tile_of(values.data());
  };
  return {mean(0), mean(1), both ? mean(2) : std::vector<float>()};
}

}  // namespace

void instance_norm_backward_cpu(const InstanceNormShape& shape,
                                const InstanceNormSaved<float>& saved,
                                const float* grad_y,
                                const InstanceNormGradients<float>& gradients,
                                const ParallelRunner& parallel,
                                Isa isa) {
  if (shape.batch * shape.channels * shape.voxels == 0) {
    return;
  }
  const ChannelPlan plan = plan_of(shape);
  const bool both = shape.residual == Residual::Normalised;
  const auto run = YATES_FOR_ISA(isa, instance_norm_gradient);
  plan.for_each_problem(parallel, [&](std::int64_t problem, const ParallelRunner& inner) {
    const Tiles tiles(plan, saved.moments, problem);
    const Tiles residual_tiles = both ? Tiles(plan, saved.residual_moments, problem) : Tiles();
    const auto block_at = [&](std::int64_t index) {
      InstanceNormBlock block =
          block_of(shape, plan, saved.inputs, tiles, residual_tiles, problem, index);
      const std::int64_t place = plan.place(problem, index);
      block.y = saved.y == nullptr ? nullptr : saved.y + place;
      block.grad_y = grad_y + place;
      return block;
    };
    BlockSums sums(plan, both ? 3 : 2);
    inner(plan.blocks, [&](std::int64_t index) {
      block_gradient_sums(plan, block_at(index), index, sums, isa);
    });
    const GradientMeans means = gradient_means(plan, sums, both);
    inner(plan.blocks, [&](std::int64_t index) {
      const std::int64_t place = plan.place(problem, index);
      run(block_at(index),
          {.gradient = means.gradient.data(),
           .along = means.along.data(),
           .residual_along = means.residual_along.data(),
           .grad_x = gradients.x + place,
           .grad_residual = gradients.residual == nullptr ? nullptr : gradients.residual + place});
    });
  });
}

}  // namespace yates::kernels
