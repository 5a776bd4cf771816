// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_reference.hpp"

#include "kernels/squeeze/channel_gates.hpp"

namespace yates::kernels {
namespace {

/// body(index among (batch, channel), place of the element) for every element.
template <typename Body>
void for_each_element(const SqueezeExciteShape& shape, const Body& body) {
  for (std::int64_t plane = 0; plane < shape.batch * shape.channels; ++plane) {
    const std::int64_t sample = plane / shape.channels;
    const std::int64_t channel = plane % shape.channels;
    for (std::int64_t v = 0; v < shape.voxels; ++v) {
      body(plane,
           shape.layout == VolumeLayout::ChannelsLast
               ? (sample * shape.voxels + v) * shape.channels + channel
               : plane * shape.voxels + v);
    }
  }
}

}  // namespace

template <typename T>
void squeeze_excite_reference(const SqueezeExciteShape& shape,
                              const SqueezeExciteInputs<T>& inputs,
                              const SqueezeExciteKept<T>& kept,
                              T* y) {
  const auto planes = static_cast<std::size_t>(shape.batch * shape.channels);
  std::vector<double> sums(planes);
  const auto sum_at = [&](std::int64_t i) {
    T sum = inputs.terms[0][i];
    for (int term = 1; term < shape.terms; ++term) {
      sum += inputs.terms[term][i];
    }
    return sum;
  };
  for_each_element(shape, [&](std::int64_t plane, std::int64_t i) {
    const T sum = sum_at(i);
    sums[static_cast<std::size_t>(plane)] += static_cast<double>(sum);
    if (shape.terms > 1) {
      kept.sum[i] = sum;
    }
  });
  for (std::size_t plane = 0; plane < planes; ++plane) {
    kept.means[plane] = static_cast<T>(sums[plane] / static_cast<double>(shape.voxels));
  }
  channel_gates(shape, inputs.weights, kept);
  for_each_element(
      shape, [&](std::int64_t plane, std::int64_t i) { y[i] = sum_at(i) * kept.gates[plane]; });
}

template <typename T>
void squeeze_excite_backward_reference(const SqueezeExciteShape& shape,
                                       const SqueezeExciteInputs<T>& inputs,
                                       const SqueezeExciteKept<T>& kept,
                                       const T* grad_y,
                                       const SqueezeExciteGradients<T>& gradients) {
  const T* sum = shape.terms > 1 ? kept.sum : inputs.terms[0];
  std::vector<double> grad_gates(static_cast<std::size_t>(shape.batch * shape.channels));
  for_each_element(shape, [&](std::int64_t plane, std::int64_t i) {
    grad_gates[static_cast<std::size_t>(plane)] +=
        static_cast<double>(grad_y[i]) * static_cast<double>(sum[i]);
  });
  const std::vector<double> grad_means =
      channel_gates_backward(shape, inputs.weights, kept, grad_gates, gradients);
  for_each_element(shape, [&](std::int64_t plane, std::int64_t i) {
    const auto place = static_cast<std::size_t>(plane);
    gradients.term[i] =
        static_cast<T>(static_cast<double>(grad_y[i]) * static_cast<double>(kept.gates[plane]) +
                       grad_means[place] / static_cast<double>(shape.voxels));
  });
}

template void squeeze_excite_reference(const SqueezeExciteShape&,
                                       const SqueezeExciteInputs<float>&,
                                       const SqueezeExciteKept<float>&,
                                       float*);
template void squeeze_excite_reference(const SqueezeExciteShape&,
                                       const SqueezeExciteInputs<double>&,
                                       const SqueezeExciteKept<double>&,
                                       double*);
template void squeeze_excite_backward_reference(const SqueezeExciteShape&,
                                                const SqueezeExciteInputs<float>&,
                                                const SqueezeExciteKept<float>&,
                                                const float*,
                                                const SqueezeExciteGradients<float>&);
template void squeeze_excite_backward_reference(const SqueezeExciteShape&,
                                                const SqueezeExciteInputs<double>&,
                                                const SqueezeExciteKept<double>&,
                                                const double*,
                                                const SqueezeExciteGradients<double>&);

}  // namespace yates::kernels
