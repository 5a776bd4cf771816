// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/selective_scan_reference.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/activation.hpp"

namespace yates::kernels {
namespace {

template <typename T>
T raw_step(const ScanInputs<T>& in, std::int64_t b, std::int64_t t, std::int64_t c) {
  return in.delta.at(b, t, c) + (in.delta_bias != nullptr ? in.delta_bias[c] : T(0));
}

template <typename T>
T step_size(const ScanInputs<T>& in, std::int64_t b, std::int64_t t, std::int64_t c) {
  const T raw = raw_step(in, b, t, c);
  return in.delta_softplus ? softplus(raw) : raw;
}

template <typename T>
void forward_channel(const ScanShape& shape,
                     const ScanInputs<T>& in,
                     const SequenceView<T>& y,
                     std::int64_t b,
                     std::int64_t c) {
  std::vector<T> h(static_cast<std::size_t>(shape.states), T(0));
  for (std::int64_t t = 0; t < shape.tokens; ++t) {
    const T dt = step_size(in, b, t, c);
    const T u = in.u.at(b, t, c);
    T sum = 0;
    for (std::int64_t n = 0; n < shape.states; ++n) {
      T& state = h[static_cast<std::size_t>(n)];
      state = std::exp(dt * in.A[c * shape.states + n]) * state + dt * u * in.B.at(b, t, n);
      sum += state * in.C.at(b, t, n);
    }
    sum += in.D != nullptr ? in.D[c] * u : T(0);
    y.at(b, t, c) = in.z.present() ? sum * silu(in.z.at(b, t, c)) : sum;
  }
}

/// The backward pass of one channel of one sample. `states` and `decays` hold the recomputed
/// h[t] and exp(dt[t] A) of all tokens.
template <typename T>
class ChannelBackward {
 public:
  ChannelBackward(const ScanShape& shape,
                  const ScanInputs<T>& in,
                  const SequenceView<const T>& grad_y,
                  const ScanGradients<T>& out)
      : shape_(shape),
        in_(in),
        grad_y_(grad_y),
        out_(out),
        states_(static_cast<std::size_t>(shape.tokens * shape.states)),
        decays_(states_.size()),
        carry_(static_cast<std::size_t>(shape.states)) {}

  void run(std::int64_t b, std::int64_t c) {
    recompute(b, c);
    std::fill(carry_.begin(), carry_.end(), T(0));
    for (std::int64_t t = shape_.tokens; t-- > 0;) {
      token(b, c, t);
    }
  }

 private:
  [[nodiscard]] std::size_t place(std::int64_t t, std::int64_t n) const {
    return static_cast<std::size_t>(t * shape_.states + n);
  }

  void recompute(std::int64_t b, std::int64_t c) {
    for (std::int64_t t = 0; t < shape_.tokens; ++t) {
      const T dt = step_size(in_, b, t, c);
      const T dtu = dt * in_.u.at(b, t, c);
      for (std::int64_t n = 0; n < shape_.states; ++n) {
        decays_[place(t, n)] = std::exp(dt * in_.A[c * shape_.states + n]);
        const T before = t > 0 ? states_[place(t - 1, n)] : T(0);
        states_[place(t, n)] = decays_[place(t, n)] * before + dtu * in_.B.at(b, t, n);
      }
    }
  }

  /// The gradient that reaches C . h + D u, and that of z.
  T ungate(std::int64_t b, std::int64_t c, std::int64_t t) {
    const T grad = grad_y_.at(b, t, c);
    if (!in_.z.present()) {
      return grad;
    }
    T sum = in_.D != nullptr ? in_.D[c] * in_.u.at(b, t, c) : T(0);
    for (std::int64_t n = 0; n < shape_.states; ++n) {
      sum += states_[place(t, n)] * in_.C.at(b, t, n);
    }
    const T z = in_.z.at(b, t, c);
    out_.z.at(b, t, c) = grad * sum * silu_derivative(z);
    return grad * silu(z);
  }

  void token(std::int64_t b, std::int64_t c, std::int64_t t) {
    const T grad = ungate(b, c, t);
    const T dt = step_size(in_, b, t, c);
    const T u = in_.u.at(b, t, c);
    T grad_dt = 0;
    T grad_dtu = 0;
    for (std::int64_t n = 0; n < shape_.states; ++n) {
      T& carry = carry_[static_cast<std::size_t>(n)];
      const T grad_state = carry + grad * in_.C.at(b, t, n);
      const T before = t > 0 ? states_[place(t - 1, n)] : T(0);
      const T grad_exponent = grad_state * before * decays_[place(t, n)];
      out_.C.at(b, t, n) += grad * states_[place(t, n)];
      out_.B.at(b, t, n) += grad_state * dt * u;
      out_.A[c * shape_.states + n] += grad_exponent * dt;
      grad_dt += grad_exponent * in_.A[c * shape_.states + n];
      grad_dtu += grad_state * in_.B.at(b, t, n);
      carry = grad_state * decays_[place(t, n)];
    }
    grad_dt += grad_dtu * u;
    out_.u.at(b, t, c) = grad_dtu * dt + (in_.D != nullptr ? grad * in_.D[c] : T(0));
    const T raw = raw_step(in_, b, t, c);
    const T grad_raw = in_.delta_softplus ? grad_dt * softplus_derivative(raw) : grad_dt;
    out_.delta.at(b, t, c) = grad_raw;
    if (in_.D != nullptr) {
      out_.D[c] += grad * u;
    }
    if (in_.delta_bias != nullptr) {
      out_.delta_bias[c] += grad_raw;
    }
  }

  const ScanShape& shape_;
  const ScanInputs<T>& in_;
  const SequenceView<const T>& grad_y_;
  const ScanGradients<T>& out_;
  std::vector<T> states_;
  std::vector<T> decays_;
  std::vector<T> carry_;
};

template <typename T>
void clear_sums(const ScanShape& shape, const ScanGradients<T>& out) {
  std::fill_n(out.A, shape.channels * shape.states, T(0));
  for (T* sums : {out.D, out.delta_bias}) {
    if (sums != nullptr) {
      std::fill_n(sums, shape.channels, T(0));
    }
  }
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      for (std::int64_t n = 0; n < shape.states; ++n) {
        out.B.at(b, t, n) = 0;
        out.C.at(b, t, n) = 0;
      }
    }
  }
}

}  // namespace

template <typename T>
void selective_scan_forward_reference(const ScanShape& shape,
                                      const ScanInputs<T>& inputs,
                                      const SequenceView<T>& y) {
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      forward_channel(shape, inputs, y, b, c);
    }
  }
}

template <typename T>
void selective_scan_backward_reference(const ScanShape& shape,
                                       const ScanInputs<T>& inputs,
                                       const SequenceView<const T>& grad_y,
                                       const ScanGradients<T>& gradients) {
  clear_sums(shape, gradients);
  ChannelBackward<T> backward(shape, inputs, grad_y, gradients);
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      backward.run(b, c);
    }
  }
}

#define YATES_INSTANTIATE(T)                                                       \
  template void selective_scan_forward_reference<T>(                               \
      const ScanShape&, const ScanInputs<T>&, const SequenceView<T>&);             \
  template void selective_scan_backward_reference<T>(const ScanShape&,             \
                                                     const ScanInputs<T>&,         \
                                                     const SequenceView<const T>&, \
                                                     const ScanGradients<T>&)
YATES_INSTANTIATE(float);
YATES_INSTANTIATE(double);
#undef YATES_INSTANTIATE

}  // namespace yates::kernels
