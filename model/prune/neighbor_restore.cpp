// SPDX-License-Identifier: Apache-2.0
#include "model/prune/neighbor_restore.hpp"

#include <algorithm>
#include <vector>

#include <ATen/Dispatch.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/simd/parallel_torch.hpp"

namespace yates::model {
namespace {

constexpr std::int64_t kDirections = 6;
constexpr std::int64_t kChannelsPerTask = 16;
constexpr std::int64_t kTokensPerTask = 1024;

/// Per sample and token up to six rows and their weights; the unused ones have row -1.
struct Stencil {
  at::Tensor rows;     ///< (batch, L, 6) int32
  at::Tensor weights;  ///< (batch, L, 6) double
};

/// One walk over all lines of the grid along one axis, forwards or backwards.
struct Walk {
  std::int64_t length;  ///< Tokens of a line.
  std::int64_t stride;  ///< Between tokens of a line.
  std::int64_t slot;    ///< Where its finding stands among the six.
  bool backwards;
};

/// Notes, for every token of the line from `start`, the last kept row behind it and its distance.
void walk_line(const Walk& walk,
               std::int64_t start,
               const std::vector<std::int32_t>& row_of,
               std::int32_t* rows,
               double* weights) {
  std::int32_t row = -1;
  std::int64_t distance = 0;
  for (std::int64_t step = 0; step < walk.length; ++step) {
    const std::int64_t place = walk.backwards ? walk.length - 1 - step : step;
    const std::int64_t token = start + place * walk.stride;
    ++distance;
    if (const std::int32_t own = row_of[static_cast<std::size_t>(token)]; own >= 0) {
      row = own;
      distance = 0;
    } else if (row >= 0) {
      rows[token * kDirections + walk.slot] = row;
      weights[token * kDirections + walk.slot] = 1.0 / static_cast<double>(distance);
    }
  }
}

void walk_grid(const TokenGrid& grid,
               const std::vector<std::int32_t>& row_of,
               std::int32_t* rows,
               double* weights) {
  const TokenGrid strides = {grid[1] * grid[2], grid[2], 1};
  const auto tokens = static_cast<std::int64_t>(row_of.size());
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    for (const bool backwards : {false, true}) {
      const Walk walk{.length = grid[axis],
                      .stride = strides[axis],
                      .slot = static_cast<std::int64_t>(2 * axis) + (backwards ? 1 : 0),
                      .backwards = backwards};
      for (std::int64_t token = 0; token < tokens; ++token) {
        if (token / walk.stride % walk.length == 0) {
          walk_line(walk, token, row_of, rows, weights);
        }
      }
    }
  }
}

/// Weights to sum 1; a kept token or one that met nothing gets its single row.
void finish(const std::vector<std::int32_t>& row_of,
            std::int32_t summary,
            std::int32_t* rows,
            double* weights) {
  for (std::size_t token = 0; token < row_of.size(); ++token) {
    std::int32_t* row = rows + token * kDirections;
    double* weight = weights + token * kDirections;
    double sum = 0;
    for (std::int64_t k = 0; k < kDirections; ++k) {
      sum += weight[k];
    }
    if (sum == 0) {
      row[0] = row_of[token] >= 0 ? row_of[token] : summary;
      weight[0] = sum = 1;
    }
    for (std::int64_t k = 0; k < kDirections; ++k) {
      weight[k] /= sum;
    }
  }
}

Stencil make_stencil(const at::Tensor& kept, const TokenGrid& grid) {
  const std::int64_t batch = kept.size(0);
  const std::int64_t count = kept.size(1);
  const std::int64_t tokens = grid[0] * grid[1] * grid[2];
  const Stencil stencil{.rows = at::full({batch, tokens, kDirections}, -1, at::kInt),
                        .weights = at::zeros({batch, tokens, kDirections}, at::kDouble)};
  const at::Tensor list = kept.contiguous();
  for (std::int64_t sample = 0; sample < batch; ++sample) {
    std::vector<std::int32_t> row_of(static_cast<std::size_t>(tokens), -1);
    const auto* mine = list.const_data_ptr<std::int64_t>() + sample * count;
    for (std::int64_t row = 0; row < count; ++row) {
      row_of[static_cast<std::size_t>(mine[row])] = static_cast<std::int32_t>(row);
    }
    const std::int64_t first = sample * tokens * kDirections;
    auto* rows = stencil.rows.mutable_data_ptr<std::int32_t>() + first;
    auto* weights = stencil.weights.mutable_data_ptr<double>() + first;
    walk_grid(grid, row_of, rows, weights);
    finish(row_of, static_cast<std::int32_t>(count), rows, weights);
  }
  return stencil;
}

/// to[token] += weight * from[row] (`gather`), or to[row] += weight * from[token], for the tokens
/// [begin, end) of one sample and `channels` channels.
struct Block {
  bool gather;
  std::int64_t begin, end;
  std::int64_t width, channels;  ///< Channels of a row, and of these the ones to do.
  const std::int32_t* rows;
  const double* weights;
};

template <typename T>
void apply_block(const Block& block, const T* from, T* to) {
  for (std::int64_t token = block.begin; token < block.end; ++token) {
    for (std::int64_t k = 0; k < kDirections; ++k) {
      const std::int64_t row = block.rows[token * kDirections + k];
      if (row < 0) {
        continue;
      }
      const auto weight = static_cast<T>(block.weights[token * kDirections + k]);
      const T* source = from + (block.gather ? row : token) * block.width;
      T* target = to + (block.gather ? token : row) * block.width;
      for (std::int64_t c = 0; c < block.channels; ++c) {
        target[c] += weight * source[c];
      }
    }
  }
}

at::Tensor apply_stencil(const Stencil& stencil,
                         const at::Tensor& x,
                         std::int64_t length,
                         bool gather) {
  const std::int64_t tokens = stencil.rows.size(1);
  const std::int64_t width = x.size(2);
  const at::Tensor source = x.contiguous();
  at::Tensor result = at::zeros({x.size(0), length, width}, x.options());
  // Rows are shared by tokens: the adjoint splits the channels, never the tokens.
  const std::int64_t size = gather ? kTokensPerTask : kChannelsPerTask;
  const std::int64_t extent = gather ? tokens : width;
  const std::int64_t tasks = (extent + size - 1) / size;
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "neighbor_restore", [&] {
    kernels::run_on_torch_threads(x.size(0) * tasks, [&](std::int64_t task) {
      const std::int64_t sample = task / tasks;
      const std::int64_t begin = task % tasks * size;
      const std::int64_t end = std::min(begin + size, extent);
      const std::int64_t offset = gather ? 0 : begin;
      const std::int64_t entries = sample * tokens * kDirections;
      const Block block{.gather = gather,
                        .begin = gather ? begin : 0,
                        .end = gather ? end : tokens,
                        .width = width,
                        .channels = gather ? width : end - begin,
                        .rows = stencil.rows.const_data_ptr<std::int32_t>() + entries,
                        .weights = stencil.weights.const_data_ptr<double>() + entries};
      apply_block(block,
                  source.const_data_ptr<scalar_t>() + sample * x.size(1) * width + offset,
                  result.mutable_data_ptr<scalar_t>() + sample * length * width + offset);
    });
  });
  return result;
}

struct NeighborRestore : torch::autograd::Function<NeighborRestore> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& rows,
                            const at::Tensor& kept,
                            const std::vector<std::int64_t>& grid) {
    const Stencil stencil = make_stencil(kept, {grid[0], grid[1], grid[2]});
    context->save_for_backward({stencil.rows, stencil.weights});
    context->saved_data["rows"] = rows.size(1);
    return apply_stencil(stencil, rows, stencil.rows.size(1), true);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Stencil stencil{.rows = saved[0], .weights = saved[1]};
    const std::int64_t rows = context->saved_data["rows"].toInt();
    return {apply_stencil(stencil, gradients[0], rows, false), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor neighbor_restore(const at::Tensor& rows, const at::Tensor& kept, const TokenGrid& grid) {
  return NeighborRestore::apply(rows, kept, std::vector<std::int64_t>(grid.begin(), grid.end()));
}

}  // namespace yates::model
