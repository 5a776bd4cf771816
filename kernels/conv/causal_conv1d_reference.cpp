// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/causal_conv1d_reference.hpp"

#include <algorithm>
#include <vector>

#include "kernels/activation.hpp"

namespace yates::kernels {
namespace {

template <typename T>
T pre_activation(const ConvShape& shape,
                 const ConvInputs<T>& in,
                 std::int64_t b,
                 std::int64_t t,
                 std::int64_t c) {
  T sum = in.bias != nullptr ? in.bias[c] : T(0);
  for (std::int64_t k = 0; k < shape.width; ++k) {
    const std::int64_t source = t - (shape.width - 1) + k;
    if (source >= 0) {
      sum += in.weight[c * shape.width + k] * in.x.at(b, source, c);
    }
  }
  return sum;
}

/// `grad` holds the gradients of the pre-activations of one channel of one sample.
template <typename T>
void backward_channel(const ConvShape& shape,
                      const ConvInputs<T>& in,
                      const std::vector<T>& grad,
                      const ConvGradients<T>& out,
                      std::int64_t b,
                      std::int64_t c) {
  for (std::int64_t t = 0; t < shape.tokens; ++t) {
    out.x.at(b, t, c) = 0;
    const T g = grad[static_cast<std::size_t>(t)];
    if (out.bias != nullptr) {
      out.bias[c] += g;
    }
    for (std::int64_t k = 0; k < shape.width; ++k) {
      const std::int64_t source = t - (shape.width - 1) + k;
      if (source >= 0) {
        out.weight[c * shape.width + k] += g * in.x.at(b, source, c);
        out.x.at(b, source, c) += g * in.weight[c * shape.width + k];
      }
    }
  }
}

}  // namespace

template <typename T>
void causal_conv1d_forward_reference(const ConvShape& shape,
                                     const ConvInputs<T>& inputs,
                                     const SequenceView<T>& y) {
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const T p = pre_activation(shape, inputs, b, t, c);
        y.at(b, t, c) = inputs.silu ? silu(p) : p;
      }
    }
  }
}

template <typename T>
void causal_conv1d_backward_reference(const ConvShape& shape,
                                      const ConvInputs<T>& inputs,
                                      const SequenceView<const T>& grad_y,
                                      const ConvGradients<T>& gradients) {
  std::fill_n(gradients.weight, shape.channels * shape.width, T(0));
  if (gradients.bias != nullptr) {
    std::fill_n(gradients.bias, shape.channels, T(0));
  }
  std::vector<T> grad(static_cast<std::size_t>(shape.tokens));
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t t = 0; t < shape.tokens; ++t) {
        const T p = pre_activation(shape, inputs, b, t, c);
        grad[static_cast<std::size_t>(t)] =
            grad_y.at(b, t, c) * (inputs.silu ? silu_derivative(p) : T(1));
      }
      backward_channel(shape, inputs, grad, gradients, b, c);
    }
  }
}

#define YATES_INSTANTIATE(T)                                                      \
  template void causal_conv1d_forward_reference<T>(                               \
      const ConvShape&, const ConvInputs<T>&, const SequenceView<T>&);            \
  template void causal_conv1d_backward_reference<T>(const ConvShape&,             \
                                                    const ConvInputs<T>&,         \
                                                    const SequenceView<const T>&, \
                                                    const ConvGradients<T>&)
YATES_INSTANTIATE(float);
YATES_INSTANTIATE(double);
#undef YATES_INSTANTIATE

}  // namespace yates::kernels
