// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/channel_gates.hpp"

#include "kernels/activation.hpp"

namespace yates::kernels {
namespace {

/// bias[row] + sum over columns of matrix[row, column] * vector[column].
template <typename T>
double affine(
    const T* matrix, const T* bias, const T* vector, std::int64_t row, std::int64_t columns) {
  auto sum = static_cast<double>(bias[row]);
  for (std::int64_t c = 0; c < columns; ++c) {
    sum += static_cast<double>(matrix[row * columns + c]) * static_cast<double>(vector[c]);
  }
  return sum;
}

/// matrix (row, column) = or += the outer product, and the vector itself likewise.
template <typename T>
void add_outer(const std::vector<double>& rows,
               const T* columns,
               std::int64_t column_count,
               bool first,
               T* matrix,
               T* vector) {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    vector[r] = static_cast<T>((first ? 0.0 : static_cast<double>(vector[r])) + rows[r]);
    for (std::int64_t c = 0; c < column_count; ++c) {
      T& cell = matrix[static_cast<std::int64_t>(r) * column_count + c];
      cell = static_cast<T>((first ? 0.0 : static_cast<double>(cell)) +
                            rows[r] * static_cast<double>(columns[c]));
    }
  }
}

/// Sum over rows of matrix[row, column] * vector[row].
template <typename T>
double column_product(const T* matrix,
                      const std::vector<double>& vector,
                      std::int64_t column,
                      std::int64_t columns) {
  double sum = 0;
  for (std::size_t r = 0; r < vector.size(); ++r) {
    sum += static_cast<double>(matrix[static_cast<std::int64_t>(r) * columns + column]) * vector[r];
  }
  return sum;
}

}  // namespace

template <typename T>
void channel_gates(const SqueezeExciteShape& shape,
                   const SqueezeExciteWeights<T>& weights,
                   const SqueezeExciteKept<T>& kept) {
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    const T* means = kept.means + b * shape.channels;
    T* hidden = kept.hidden + b * shape.hidden;
    for (std::int64_t h = 0; h < shape.hidden; ++h) {
      const double sum = affine(weights.weight1, weights.bias1, means, h, shape.channels);
      // NaN stays NaN.
      hidden[h] = static_cast<T>(sum < 0 ? 0.0 : sum);
    }
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      kept.gates[b * shape.channels + c] =
          static_cast<T>(sigmoid(affine(weights.weight2, weights.bias2, hidden, c, shape.hidden)));
    }
  }
}

template <typename T>
std::vector<double> channel_gates_backward(const SqueezeExciteShape& shape,
                                           const SqueezeExciteWeights<T>& weights,
                                           const SqueezeExciteKept<T>& kept,
                                           const std::vector<double>& grad_gates,
                                           const SqueezeExciteGradients<T>& gradients) {
  std::vector<double> grad_means(grad_gates.size());
  std::vector<double> outer(static_cast<std::size_t>(shape.channels));
  std::vector<double> inner(static_cast<std::size_t>(shape.hidden));
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    const T* hidden = kept.hidden + b * shape.hidden;
    const std::int64_t first = b * shape.channels;
    for (std::size_t c = 0; c < outer.size(); ++c) {
      const auto place = static_cast<std::size_t>(first) + c;
      const auto gate = static_cast<double>(kept.gates[place]);
      outer[c] = grad_gates[place] * gate * (1 - gate);
    }
    for (std::size_t h = 0; h < inner.size(); ++h) {
      inner[h] =
          hidden[h] > 0
              ? column_product(weights.weight2, outer, static_cast<std::int64_t>(h), shape.hidden)
              : 0.0;
    }
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      grad_means[static_cast<std::size_t>(first + c)] =
          column_product(weights.weight1, inner, c, shape.channels);
    }
    add_outer(outer, hidden, shape.hidden, b == 0, gradients.weight2, gradients.bias2);
    add_outer(
        inner, kept.means + first, shape.channels, b == 0, gradients.weight1, gradients.bias1);
  }
  return grad_means;
}

template void channel_gates(const SqueezeExciteShape&,
                            const SqueezeExciteWeights<float>&,
                            const SqueezeExciteKept<float>&);
template void channel_gates(const SqueezeExciteShape&,
                            const SqueezeExciteWeights<double>&,
                            const SqueezeExciteKept<double>&);
template std::vector<double> channel_gates_backward(const SqueezeExciteShape&,
                                                    const SqueezeExciteWeights<float>&,
                                                    const SqueezeExciteKept<float>&,
                                                    const std::vector<double>&,
                                                    const SqueezeExciteGradients<float>&);
template std::vector<double> channel_gates_backward(const SqueezeExciteShape&,
                                                    const SqueezeExciteWeights<double>&,
                                                    const SqueezeExciteKept<double>&,
                                                    const std::vector<double>&,
                                                    const SqueezeExciteGradients<double>&);

}  // namespace yates::kernels
