// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_reference.hpp"

#include <array>
#include <utility>
#include <vector>

namespace yates::kernels {
namespace {

/// One sample's grid and who is kept in it.
class Neighbourhood {
 public:
  Neighbourhood(const NeighborShape& shape, const std::int32_t* kept)
      : grid_{shape.depth, shape.height, shape.width},
        summary_(shape.kept),
        row_of_(static_cast<std::size_t>(shape.depth * shape.height * shape.width), -1) {
    for (std::int64_t row = 0; row < shape.kept; ++row) {
      row_of_[static_cast<std::size_t>(kept[row])] = row;
    }
  }

  /// Rows that make token (d, h, w), with weights.
  [[nodiscard]] std::vector<std::pair<std::int64_t, double>> sources(
      const std::array<std::int64_t, 3>& token) const {
    if (row_at(token) >= 0) {
      return {{row_at(token), 1.0}};
    }
    std::vector<std::pair<std::int64_t, double>> found;
    double sum = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (const std::int64_t step : {-1, 1}) {
        std::array<std::int64_t, 3> place = token;
        for (place[axis] += step; place[axis] >= 0 && place[axis] < grid_[axis];
             place[axis] += step) {
          if (row_at(place) >= 0) {
            const auto distance = static_cast<double>((place[axis] - token[axis]) * step);
            found.emplace_back(row_at(place), 1.0 / distance);
            sum += 1.0 / distance;
            break;
          }
        }
      }
    }
    for (auto& [row, weight] : found) {
      weight /= sum;
    }
    if (found.empty()) {
      found.emplace_back(summary_, 1.0);
    }
    return found;
  }

 private:
  [[nodiscard]] std::int64_t row_at(const std::array<std::int64_t, 3>& place) const {
    return row_of_[static_cast<std::size_t>((place[0] * grid_[1] + place[1]) * grid_[2] +
                                            place[2])];
  }

  std::array<std::int64_t, 3> grid_;
  std::int64_t summary_;
  std::vector<std::int64_t> row_of_;
};

/// Calls use(token, row, weight), both counted over the batch, for all that a token is made of.
template <typename Use>
void for_each_source(const NeighborShape& shape, const std::int32_t* kept, const Use& use) {
  std::int64_t token = 0;
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    const Neighbourhood sample(shape, kept + b * shape.kept);
    for (std::int64_t d = 0; d < shape.depth; ++d) {
      for (std::int64_t h = 0; h < shape.height; ++h) {
        for (std::int64_t w = 0; w < shape.width; ++w, ++token) {
          for (const auto& [row, weight] : sample.sources({d, h, w})) {
            use(token, b * (shape.kept + 1) + row, weight);
          }
        }
      }
    }
  }
}

template <typename T>
void copy(const std::vector<double>& from, T* to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i] = static_cast<T>(from[i]);
  }
}

}  // namespace

template <typename T>
void neighbor_restore_reference(const NeighborShape& shape,
                                const std::int32_t* kept,
                                const T* rows,
                                T* y) {
  const std::int64_t tokens = shape.batch * shape.depth * shape.height * shape.width;
  std::vector<double> sums(static_cast<std::size_t>(tokens * shape.channels));
  for_each_source(shape, kept, [&](std::int64_t token, std::int64_t row, double weight) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      sums[static_cast<std::size_t>(token * shape.channels + c)] +=
          weight * static_cast<double>(rows[row * shape.channels + c]);
    }
  });
  copy(sums, y);
}

template <typename T>
void neighbor_restore_backward_reference(const NeighborShape& shape,
                                         const std::int32_t* kept,
                                         const T* grad_y,
                                         T* grad_rows) {
  std::vector<double> sums(
      static_cast<std::size_t>(shape.batch * (shape.kept + 1) * shape.channels));
  for_each_source(shape, kept, [&](std::int64_t token, std::int64_t row, double weight) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      sums[static_cast<std::size_t>(row * shape.channels + c)] +=
          weight * static_cast<double>(grad_y[token * shape.channels + c]);
    }
  });
  copy(sums, grad_rows);
}

template void neighbor_restore_reference(const NeighborShape&,
                                         const std::int32_t*,
                                         const float*,
                                         float*);
template void neighbor_restore_reference(const NeighborShape&,
                                         const std::int32_t*,
                                         const double*,
                                         double*);
template void neighbor_restore_backward_reference(const NeighborShape&,
                                                  const std::int32_t*,
                                                  const float*,
                                                  float*);
template void neighbor_restore_backward_reference(const NeighborShape&,
                                                  const std::int32_t*,
                                                  const double*,
                                                  double*);

}  // namespace yates::kernels
