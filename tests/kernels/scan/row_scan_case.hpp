// SPDX-License-Identifier: Apache-2.0
// A random row scan, and what the reference in double makes of it.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "base/random.hpp"
#include "kernels/scan/row_scan.hpp"
#include "kernels/scan/selective_scan_reference.hpp"

namespace yates::kernels {

/// Rows in a shuffled order per sample; `delta` is used if rank is 0.
struct RowScanProblem {
  using Values = std::vector<float>;

  RowScanShape shape;
  Values u{}, delta{}, features{}, dt_weight{}, dt_bias{}, A{}, D{}, grad_y{};
  std::vector<std::int32_t> order{};

  explicit RowScanProblem(const RowScanShape& s, std::uint64_t variant = 0) : shape(s) {
    RandomStream random(
        2, "row_scan", static_cast<std::uint64_t>(s.tokens * 1000 + s.channels), variant);
    const auto draw = [&](std::int64_t count, double low, double high) {
      Values values(static_cast<std::size_t>(count));
      for (float& value : values) {
        value = static_cast<float>(random.uniform(low, high));
      }
      return values;
    };
    const std::int64_t rows = s.batch * s.tokens;
    u = draw(rows * s.channels, -1, 1);
    delta = draw(rows * s.channels, -0.5, 0.5);
    features = draw(rows * (s.rank + 2 * s.states), -1.5, 1.5);
    dt_weight = draw(s.channels * s.rank, -0.3, 0.3);
    dt_bias = draw(s.channels, -6, -1);
    A = draw(s.channels * s.states, -16, -0.5);
    D = draw(s.channels, 0.9, 1.1);
    grad_y = draw(rows * s.channels, -1, 1);
    std::vector<std::size_t> shuffled(static_cast<std::size_t>(s.tokens));
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
      random.shuffle(shuffled);
      order.insert(order.end(), shuffled.begin(), shuffled.end());
    }
  }

  [[nodiscard]] RowScanInputs inputs() const {
    return {.u = u.data(),
            .delta = shape.rank == 0 ? delta.data() : nullptr,
            .features = features.data(),
            .dt_weight = dt_weight.data(),
            .dt_bias = dt_bias.data(),
            .A = A.data(),
            .D = D.data(),
            .softplus = true,
            .order = order.data(),
            .order_per_sample = true};
  }
};

/// The same problem through the reference, in double, walking a permuted copy of the rows.
class RowScanExpected {
 public:
  explicit RowScanExpected(const RowScanProblem& p) : p_(p), shape_(p.shape) {
    const std::int64_t wide = shape_.batch * shape_.tokens * shape_.channels;
    const std::int64_t narrow = shape_.batch * shape_.tokens * shape_.states;
    for (auto* values : {&u_, &delta_, &grad_y_, &y, &grad_u, &grad_delta}) {
      values->resize(static_cast<std::size_t>(wide));
    }
    for (auto* values : {&B_, &C_, &grad_B_, &grad_C_}) {
      values->resize(static_cast<std::size_t>(narrow));
    }
    permute_in();
    run();
    permute_out();
  }

  std::vector<double> y{}, grad_u{}, grad_delta{}, grad_features{}, grad_A{}, grad_D{},
      grad_dt_bias{};

 private:
  using Doubles = std::vector<double>;

  [[nodiscard]] std::int64_t row(std::int64_t position) const {
    const std::int64_t sample = position / shape_.tokens;
    return sample * shape_.tokens + p_.order[static_cast<std::size_t>(position)];
  }
  static double& at(Doubles& values, std::int64_t i, std::int64_t width, std::int64_t k) {
    return values[static_cast<std::size_t>(i * width + k)];
  }
  static double from(const std::vector<float>& values,
                     std::int64_t i,
                     std::int64_t width,
                     std::int64_t k) {
    return static_cast<double>(values[static_cast<std::size_t>(i * width + k)]);
  }

  void permute_in() {
    const std::int64_t features = shape_.rank + 2 * shape_.states;
    for (std::int64_t i = 0; i < shape_.batch * shape_.tokens; ++i) {
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        at(u_, i, shape_.channels, c) = from(p_.u, row(i), shape_.channels, c);
        at(grad_y_, i, shape_.channels, c) = from(p_.grad_y, row(i), shape_.channels, c);
        double raw = shape_.rank == 0 ? from(p_.delta, row(i), shape_.channels, c) : 0;
        for (std::int64_t r = 0; r < shape_.rank; ++r) {
          raw += from(p_.dt_weight, c, shape_.rank, r) * from(p_.features, row(i), features, r);
        }
        at(delta_, i, shape_.channels, c) = raw;
      }
      for (std::int64_t n = 0; n < shape_.states; ++n) {
        at(B_, i, shape_.states, n) = from(p_.features, row(i), features, shape_.rank + n);
        at(C_, i, shape_.states, n) =
            from(p_.features, row(i), features, shape_.rank + shape_.states + n);
      }
    }
  }

  template <typename E>
  SequenceView<E> view(E* data, std::int64_t width) const {
    return {.data = data,
            .batch_stride = shape_.tokens * width,
            .token_stride = width,
            .channel_stride = 1};
  }

  void run() {
    const Doubles A(p_.A.begin(), p_.A.end());
    const Doubles D(p_.D.begin(), p_.D.end());
    const Doubles bias(p_.dt_bias.begin(), p_.dt_bias.end());
    grad_A.resize(A.size());
    grad_D.resize(D.size());
    grad_dt_bias.resize(D.size());
    const ScanShape shape{shape_.batch, shape_.tokens, shape_.channels, shape_.states};
    const ScanInputs<double> in{.u = view<const double>(u_.data(), shape.channels),
                                .delta = view<const double>(delta_.data(), shape.channels),
                                .A = A.data(),
                                .B = view<const double>(B_.data(), shape.states),
                                .C = view<const double>(C_.data(), shape.states),
                                .D = D.data(),
                                .z = {},
                                .delta_bias = bias.data(),
                                .delta_softplus = true};
    walked_y_ = walked_grad_u_ = walked_grad_delta_ = u_;
    selective_scan_forward_reference(shape, in, view(walked_y_.data(), shape.channels));
    selective_scan_backward_reference<double>(
        shape,
        in,
        view<const double>(grad_y_.data(), shape.channels),
        {.u = view(walked_grad_u_.data(), shape.channels),
         .delta = view(walked_grad_delta_.data(), shape.channels),
         .A = grad_A.data(),
         .B = view(grad_B_.data(), shape.states),
         .C = view(grad_C_.data(), shape.states),
         .D = grad_D.data(),
         .z = {},
         .delta_bias = grad_dt_bias.data()});
  }

  void permute_out() {
    const std::int64_t features = shape_.rank + 2 * shape_.states;
    grad_features.assign(p_.features.begin(), p_.features.end());
    for (std::int64_t i = 0; i < shape_.batch * shape_.tokens; ++i) {
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        at(y, row(i), shape_.channels, c) = at(walked_y_, i, shape_.channels, c);
        at(grad_u, row(i), shape_.channels, c) = at(walked_grad_u_, i, shape_.channels, c);
        at(grad_delta, row(i), shape_.channels, c) = at(walked_grad_delta_, i, shape_.channels, c);
      }
      for (std::int64_t n = 0; n < shape_.states; ++n) {
        at(grad_features, row(i), features, shape_.rank + n) = at(grad_B_, i, shape_.states, n);
        at(grad_features, row(i), features, shape_.rank + shape_.states + n) =
            at(grad_C_, i, shape_.states, n);
      }
    }
  }

  const RowScanProblem& p_;
  RowScanShape shape_;
  Doubles u_{}, delta_{}, B_{}, C_{}, grad_y_{}, grad_B_{}, grad_C_{};
  Doubles walked_y_{}, walked_grad_u_{}, walked_grad_delta_{};
};

}  // namespace yates::kernels
