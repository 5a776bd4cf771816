// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_cpu.hpp"

#include <vector>

#include "kernels/simd/channel_plan.hpp"
#include "kernels/squeeze/channel_gates.hpp"
#include "kernels/squeeze/squeeze_excite_simd.hpp"

namespace yates::kernels {
namespace {

ChannelPlan plan_of(const SqueezeExciteShape& shape) {
  return {shape.layout, shape.batch, shape.channels, shape.voxels};
}

/// Sums over the voxels, (batch, channel): `block_sums` fills a tile for the block at a place.
std::vector<double> voxel_sums(
    const ChannelPlan& plan,
    const ParallelRunner& parallel,
    const std::function<void(const ChannelBlock& block, std::int64_t place, float* sums)>&
        block_sums) {
  std::vector<double> totals(static_cast<std::size_t>(plan.problems * plan.channels));
  plan.for_each_problem(parallel, [&](std::int64_t problem, const ParallelRunner& inner) {
    BlockSums sums(plan, 1);
    inner(plan.blocks, [&](std::int64_t index) {
      std::vector<float> tile(static_cast<std::size_t>(plan.tile));
      block_sums(plan.block(index), plan.place(problem, index), tile.data());
      for (std::int64_t c = 0; c < plan.channels; ++c) {
        sums.at(index, 0, c) = plan.channel_sum(tile.data(), c);
      }
    });
    for (std::int64_t c = 0; c < plan.channels; ++c) {
      totals[static_cast<std::size_t>(problem * plan.channels + c)] = sums.total(0, c);
    }
  });
  return totals;
}

/// y = x * factor + shift, values per (batch, channel); shift may be null.
void scale(const ChannelPlan& plan,
           const float* x,
           const float* factors,
           const float* shifts,
           float* y,
           const ParallelRunner& parallel,
           Isa isa) {
  const auto run = YATES_FOR_ISA(isa, scale_block);
  plan.for_each_problem(parallel, [&](std::int64_t problem, const ParallelRunner& inner) {
    const std::int64_t first = problem * plan.channels;
    const std::vector<float> factor = plan.tile_of(factors + first);
    const std::vector<float> shift =
        shifts == nullptr ? std::vector<float>() : plan.tile_of(shifts + first);
    inner(plan.blocks, [&](std::int64_t index) {
      const std::int64_t place = plan.place(problem, index);
      run(plan.block(index),
          x + place,
          factor.data(),
          shifts == nullptr ? nullptr : shift.data(),
          y + place);
    });
  });
}

}  // namespace

void squeeze_excite_forward_cpu(const SqueezeExciteShape& shape,
                                const SqueezeExciteInputs<float>& inputs,
                                const SqueezeExciteKept<float>& kept,
                                float* y,
                                const ParallelRunner& parallel,
                                Isa isa) {
  if (shape.batch * shape.channels * shape.voxels == 0) {
    return;
  }
  const ChannelPlan plan = plan_of(shape);
  const auto squeeze = YATES_FOR_ISA(isa, squeeze_block);
  const bool one = shape.terms == 1;
  const std::vector<double> sums =
      voxel_sums(plan, parallel, [&](const ChannelBlock& block, std::int64_t place, float* tile) {
        SqueezeTerms terms{.count = shape.terms};
        for (int term = 0; term < shape.terms; ++term) {
          terms.of[term] = inputs.terms[term] + place;
        }
        squeeze(block, terms, one ? nullptr : kept.sum + place, tile);
      });
  for (std::size_t i = 0; i < sums.size(); ++i) {
    kept.means[i] = static_cast<float>(sums[i] / static_cast<double>(shape.voxels));
  }
  channel_gates(shape, inputs.weights, kept);
  scale(plan, one ? inputs.terms[0] : kept.sum, kept.gates, nullptr, y, parallel, isa);
}

void squeeze_excite_backward_cpu(const SqueezeExciteShape& shape,
                                 const SqueezeExciteInputs<float>& inputs,
                                 const SqueezeExciteKept<float>& kept,
                                 const float* grad_y,
                                 const SqueezeExciteGradients<float>& gradients,
                                 const ParallelRunner& parallel,
                                 Isa isa) {
  if (shape.batch * shape.channels * shape.voxels == 0) {
    return;
  }
  const ChannelPlan plan = plan_of(shape);
  const auto products = YATES_FOR_ISA(isa, product_sums_block);
  const float* sum = shape.terms == 1 ? inputs.terms[0] : kept.sum;
  const std::vector<double> grad_gates =
      voxel_sums(plan, parallel, [&](const ChannelBlock& block, std::int64_t place, float* tile) {
        products(block, grad_y + place, sum + place, tile);
      });
  std::vector<float> shifts;
  for (const double grad :
       channel_gates_backward(shape, inputs.weights, kept, grad_gates, gradients)) {
    shifts.push_back(static_cast<float>(grad / static_cast<double>(shape.voxels)));
  }
  scale(plan, grad_y, kept.gates, shifts.data(), gradients.term, parallel, isa);
}

}  // namespace yates::kernels
