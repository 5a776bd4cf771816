// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_reference.hpp"

#include <cmath>

namespace yates::kernels {
namespace {

/// The voxels of one channel of one sample: element i lies at first + i * stride.
struct Plane {
  std::int64_t first = 0;
  std::int64_t stride = 1;
  std::int64_t voxels = 0;

  Plane(const InstanceNormShape& shape, std::int64_t sample, std::int64_t channel)
      : voxels(shape.voxels) {
    const bool last = shape.layout == VolumeLayout::ChannelsLast;
    stride = last ? shape.channels : 1;
    first = sample * shape.channels * shape.voxels + (last ? channel : channel * shape.voxels);
  }

  /// The sum of term(place) over the voxels.
  template <typename Term>
  [[nodiscard]] double sum(const Term& term) const {
    double total = 0;
    for (std::int64_t i = 0; i < voxels; ++i) {
      total += term(first + i * stride);
    }
    return total;
  }
  [[nodiscard]] double mean(const auto& term) const {
    return sum(term) / static_cast<double>(voxels);
  }
};

/// n(x), or x itself where it is not to be normalised.
template <typename T>
class Normalised {
 public:
  Normalised(const InstanceNormShape& shape, const Plane& plane, const T* x, bool normalise)
      : x_(x) {
    if (!normalise) {
      return;
    }
    mean_ = plane.mean([&](std::int64_t i) { return static_cast<double>(x[i]); });
    const double variance = plane.mean([&](std::int64_t i) {
      const double d = static_cast<double>(x[i]) - mean_;
      return d * d;
    });
    factor_ = 1 / std::sqrt(variance + shape.epsilon);
  }

  [[nodiscard]] double operator()(std::int64_t i) const {
    return (static_cast<double>(x_[i]) - mean_) * factor_;
  }
  [[nodiscard]] double factor() const { return factor_; }

 private:
  const T* x_;
  double mean_ = 0;
  double factor_ = 1;
};

/// The two summands before the activation, on one plane.
template <typename T>
struct Summands {
  bool has_residual;
  Normalised<T> x;
  Normalised<T> residual;

  Summands(const InstanceNormShape& shape, const InstanceNormInputs<T>& inputs, const Plane& plane)
      : has_residual(shape.residual != Residual::None),
        x(shape, plane, inputs.x, true),
        residual(shape, plane, inputs.residual, shape.residual == Residual::Normalised) {}

  [[nodiscard]] double operator()(std::int64_t i) const {
    return has_residual ? x(i) + residual(i) : x(i);
  }
};

template <typename Body>
void for_each_plane(const InstanceNormShape& shape, const Body& body) {
  for (std::int64_t sample = 0; sample < shape.batch; ++sample) {
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
      body(Plane(shape, sample, channel));
    }
  }
}

/// Writes the gradient through n(x), given that of n(x) itself.
template <typename T>
void normalisation_backward(const Plane& plane,
                            const Normalised<T>& n,
                            const auto& gradient,
                            T* out) {
  const double mean = plane.mean(gradient);
  const double along = plane.mean([&](std::int64_t i) { return gradient(i) * n(i); });
  for (std::int64_t v = 0; v < plane.voxels; ++v) {
    const std::int64_t i = plane.first + v * plane.stride;
    out[i] = static_cast<T>(n.factor() * (gradient(i) - mean - n(i) * along));
  }
}

}  // namespace

template <typename T>
void instance_norm_reference(const InstanceNormShape& shape,
                             const InstanceNormInputs<T>& inputs,
                             T* y) {
  for_each_plane(shape, [&](const Plane& plane) {
    const Summands<T> sum(shape, inputs, plane);
    for (std::int64_t v = 0; v < plane.voxels; ++v) {
      const std::int64_t i = plane.first + v * plane.stride;
      const double p = sum(i);
      y[i] = static_cast<T>(p > 0 ? p : shape.negative_slope * p);
    }
  });
}

template <typename T>
void instance_norm_backward_reference(const InstanceNormShape& shape,
                                      const InstanceNormInputs<T>& inputs,
                                      const T* grad_y,
                                      const InstanceNormGradients<T>& gradients) {
  for_each_plane(shape, [&](const Plane& plane) {
    const Summands<T> sum(shape, inputs, plane);
    const auto gradient = [&](std::int64_t i) {
      return static_cast<double>(grad_y[i]) * (sum(i) > 0 ? 1.0 : shape.negative_slope);
    };
    normalisation_backward(plane, sum.x, gradient, gradients.x);
    if (shape.residual == Residual::Normalised) {
      normalisation_backward(plane, sum.residual, gradient, gradients.residual);
    } else if (shape.residual == Residual::Plain) {
      for (std::int64_t v = 0; v < plane.voxels; ++v) {
        const std::int64_t i = plane.first + v * plane.stride;
        gradients.residual[i] = static_cast<T>(gradient(i));
      }
    }
  });
}

template void instance_norm_reference(const InstanceNormShape&,
                                      const InstanceNormInputs<float>&,
                                      float*);
template void instance_norm_reference(const InstanceNormShape&,
                                      const InstanceNormInputs<double>&,
                                      double*);
template void instance_norm_backward_reference(const InstanceNormShape&,
                                               const InstanceNormInputs<float>&,
                                               const float*,
                                               const InstanceNormGradients<float>&);
template void instance_norm_backward_reference(const InstanceNormShape&,
                                               const InstanceNormInputs<double>&,
                                               const double*,
                                               const InstanceNormGradients<double>&);

}  // namespace yates::kernels
