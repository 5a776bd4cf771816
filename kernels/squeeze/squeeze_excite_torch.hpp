// SPDX-License-Identifier: Apache-2.0
// Squeeze-excite for autograd.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "kernels/squeeze/squeeze_excite.hpp"

namespace yates::kernels {

/// weight1 (hidden, channel), bias1 (hidden), weight2 (channel, hidden), bias2 (channel).
struct SqueezeExciteParameters {
  at::Tensor weight1, bias1, weight2, bias2;
};

/// s * gate(s) for s the sum of one to three volumes (batch, channel, d, w, h) of one shape
/// (kernels/squeeze/squeeze_excite.hpp): on the CPU float32 (fast) or float64 (reference), in any
/// memory format; the result has the first one's. Where device_volume_operators serves the terms
/// also float16 and bfloat16, with parameters and gates in float32; for all else LibTorch's own
/// operators. Differentiable once in everything. Keeps s. Deterministic on the CPU for any thread
/// count and on a device; a sample has the same bits at any batch size. Throws c10::Error when
/// shapes or types do not fit.
at::Tensor squeeze_excite(const std::vector<at::Tensor>& terms,
                          const SqueezeExciteParameters& parameters);

/// What the two passes read and write, contiguous or all channels-last: the interface of the table
/// of device operators. The backward pass reads of the volumes only s, as its one term.
struct SqueezeExciteTensors {
  std::vector<at::Tensor> terms;
  SqueezeExciteParameters weights;
  at::Tensor sum, means, hidden, gates;  ///< What is kept; `sum` is the term where there is one.
  at::Tensor y;
};

/// Of y, given, and of a term and the weights, overwritten.
struct SqueezeExciteTensorGradients {
  at::Tensor y, term;
  SqueezeExciteParameters weights;
};

/// Pointers into tensors, for the kernels: T the type of weights, V that of volumes as the kernels
/// name it. The tensors have been checked.
template <typename T, typename V = T>
SqueezeExciteInputs<T, V> inputs_of(const SqueezeExciteTensors& t) {
  SqueezeExciteInputs<T, V> inputs{.weights = {.weight1 = t.weights.weight1.const_data_ptr<T>(),
                                               .bias1 = t.weights.bias1.const_data_ptr<T>(),
                                               .weight2 = t.weights.weight2.const_data_ptr<T>(),
                                               .bias2 = t.weights.bias2.const_data_ptr<T>()}};
  for (std::size_t i = 0; i < t.terms.size(); ++i) {
    inputs.terms[i] = static_cast<const V*>(t.terms[i].const_data_ptr());
  }
  return inputs;
}

template <typename T, typename V = T>
SqueezeExciteKept<T, V> kept_of(const SqueezeExciteTensors& t) {
  return {.sum = static_cast<V*>(t.sum.mutable_data_ptr()),
          .means = t.means.mutable_data_ptr<T>(),
          .hidden = t.hidden.mutable_data_ptr<T>(),
          .gates = t.gates.mutable_data_ptr<T>()};
}

template <typename T, typename V = T>
SqueezeExciteGradients<T, V> gradients_of(const SqueezeExciteTensorGradients& g) {
  return {.term = static_cast<V*>(g.term.mutable_data_ptr()),
          .weight1 = g.weights.weight1.mutable_data_ptr<T>(),
          .bias1 = g.weights.bias1.mutable_data_ptr<T>(),
          .weight2 = g.weights.weight2.mutable_data_ptr<T>(),
          .bias2 = g.weights.bias2.mutable_data_ptr<T>()};
}

}  // namespace yates::kernels
