// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_cpu.hpp"

#include <algorithm>
#include <vector>

namespace yates::kernels {
namespace {

constexpr std::int64_t kDirections = kNeighborDirections;
constexpr std::int64_t kChannelsPerTask = 16;
constexpr std::int64_t kTokensPerTask = 1024;

std::int64_t tokens_of(const NeighborShape& shape) {
  return shape.depth * shape.height * shape.width;
}

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
               const NeighborStencil<double>& stencil) {
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
      stencil.rows[token * kDirections + walk.slot] = row;
      stencil.weights[token * kDirections + walk.slot] = 1.0 / static_cast<double>(distance);
    }
  }
}

void walk_grid(const NeighborShape& shape,
               const std::vector<std::int32_t>& row_of,
               const NeighborStencil<double>& stencil) {
  const std::int64_t lengths[] = {shape.depth, shape.height, shape.width};
  const std::int64_t strides[] = {shape.height * shape.width, shape.width, 1};
  const auto tokens = static_cast<std::int64_t>(row_of.size());
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    for (const bool backwards : {false, true}) {
      const Walk walk{.length = lengths[axis],
                      .stride = strides[axis],
                      .slot = 2 * axis + (backwards ? 1 : 0),
                      .backwards = backwards};
      for (std::int64_t token = 0; token < tokens; ++token) {
        if (token / walk.stride % walk.length == 0) {
          walk_line(walk, token, row_of, stencil);
        }
      }
    }
  }
}

/// Weights to sum 1; a kept token or one that met nothing gets its single row.
void finish(const std::vector<std::int32_t>& row_of,
            std::int64_t summary,
            const NeighborStencil<double>& stencil) {
  for (std::size_t token = 0; token < row_of.size(); ++token) {
    std::int32_t* row = stencil.rows + token * kDirections;
    double* weight = stencil.weights + token * kDirections;
    double sum = 0;
    for (std::int64_t k = 0; k < kDirections; ++k) {
      sum += weight[k];
    }
    if (sum == 0) {
      row[0] = row_of[token] >= 0 ? row_of[token] : static_cast<std::int32_t>(summary);
      weight[0] = sum = 1;
    }
    for (std::int64_t k = 0; k < kDirections; ++k) {
      weight[k] /= sum;
    }
  }
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

/// Rows are shared by tokens: the adjoint splits the channels, never the tokens.
template <typename T>
void apply_stencil(const NeighborShape& shape,
                   const NeighborStencil<double>& stencil,
                   bool gather,
                   const T* from,
                   T* to,
                   const ParallelRunner& parallel) {
  const std::int64_t tokens = tokens_of(shape);
  const std::int64_t width = shape.channels;
  const std::int64_t inputs = gather ? shape.kept + 1 : tokens;
  const std::int64_t outputs = gather ? tokens : shape.kept + 1;
  const std::int64_t size = gather ? kTokensPerTask : kChannelsPerTask;
  const std::int64_t extent = gather ? tokens : width;
  const std::int64_t tasks = (extent + size - 1) / size;
  std::fill_n(to, shape.batch * outputs * width, T(0));
  parallel(shape.batch * tasks, [&](std::int64_t task) {
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
                      .rows = stencil.rows + entries,
                      .weights = stencil.weights + entries};
    apply_block(
        block, from + sample * inputs * width + offset, to + sample * outputs * width + offset);
  });
}

}  // namespace

void neighbor_stencil_cpu(const NeighborShape& shape,
                          const std::int32_t* kept,
                          const NeighborStencil<double>& stencil) {
  const std::int64_t tokens = tokens_of(shape);
  std::fill_n(stencil.rows, shape.batch * tokens * kDirections, -1);
  std::fill_n(stencil.weights, shape.batch * tokens * kDirections, 0.0);
  for (std::int64_t sample = 0; sample < shape.batch; ++sample) {
    std::vector<std::int32_t> row_of(static_cast<std::size_t>(tokens), -1);
    for (std::int64_t row = 0; row < shape.kept; ++row) {
      row_of[static_cast<std::size_t>(kept[sample * shape.kept + row])] =
          static_cast<std::int32_t>(row);
    }
    const std::int64_t first = sample * tokens * kDirections;
    const NeighborStencil<double> mine{stencil.rows + first, stencil.weights + first};
    walk_grid(shape, row_of, mine);
    finish(row_of, shape.kept, mine);
  }
}

template <typename T>
void neighbor_restore_cpu(const NeighborShape& shape,
                          const NeighborStencil<double>& stencil,
                          const T* rows,
                          T* y,
                          const ParallelRunner& parallel) {
  apply_stencil(shape, stencil, true, rows, y, parallel);
}

template <typename T>
void neighbor_restore_backward_cpu(const NeighborShape& shape,
                                   const NeighborStencil<double>& stencil,
                                   const T* grad_y,
                                   T* grad_rows,
                                   const ParallelRunner& parallel) {
  apply_stencil(shape, stencil, false, grad_y, grad_rows, parallel);
}

#define YATES_NEIGHBOR_RESTORE(T)                                                                 \
  template void neighbor_restore_cpu(                                                             \
      const NeighborShape&, const NeighborStencil<double>&, const T*, T*, const ParallelRunner&); \
  template void neighbor_restore_backward_cpu(                                                    \
      const NeighborShape&, const NeighborStencil<double>&, const T*, T*, const ParallelRunner&)
YATES_NEIGHBOR_RESTORE(float);
YATES_NEIGHBOR_RESTORE(double);

}  // namespace yates::kernels
