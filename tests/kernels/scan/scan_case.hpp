// SPDX-License-Identifier: Apache-2.0
// One problem for the selective scan in the published layout, with room for its results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "kernels/scan/selective_scan.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::testing {

/// Arrays in the published layout: sequences (batch, channel, token), B and C (batch, state,
/// token).
template <typename T>
struct ScanCase {
  kernels::ScanShape shape;
  std::vector<T> u{}, delta{}, A{}, B{}, C{}, D{}, z{}, delta_bias{}, grad_y{};
  std::vector<T> y{}, grad_u{}, grad_delta{}, grad_A{}, grad_B{}, grad_C{}, grad_D{}, grad_z{},
      grad_delta_bias{};

  /// Gives the result arrays their sizes, filled with a value that no result has.
  void make_room() {
    y.assign(u.size(), T(777));
    grad_u = grad_delta = grad_z = y;
    grad_A.assign(A.size(), T(777));
    grad_B.assign(B.size(), T(777));
    grad_C = grad_B;
    grad_D.assign(D.size(), T(777));
    grad_delta_bias = grad_D;
  }

  template <typename E>
  [[nodiscard]] kernels::SequenceView<E> sequence(E* data, std::int64_t rows) const {
    return {.data = data,
            .batch_stride = rows * shape.tokens,
            .token_stride = 1,
            .channel_stride = shape.tokens};
  }

  [[nodiscard]] kernels::ScanInputs<T> inputs() const {
    return {.u = sequence(u.data(), shape.channels),
            .delta = sequence(delta.data(), shape.channels),
            .A = A.data(),
            .B = sequence(B.data(), shape.states),
            .C = sequence(C.data(), shape.states),
            .D = D.data(),
            .z = sequence(z.data(), shape.channels),
            .delta_bias = delta_bias.data(),
            .delta_softplus = true};
  }

  [[nodiscard]] kernels::ScanGradients<T> gradients() {
    return {.u = sequence(grad_u.data(), shape.channels),
            .delta = sequence(grad_delta.data(), shape.channels),
            .A = grad_A.data(),
            .B = sequence(grad_B.data(), shape.states),
            .C = sequence(grad_C.data(), shape.states),
            .D = grad_D.data(),
            .z = sequence(grad_z.data(), shape.channels),
            .delta_bias = grad_delta_bias.data()};
  }
};

/// Case 0 .. 5 of the golden file: the inputs and `dy`.
template <typename T>
ScanCase<T> golden_scan_case(const GoldenTensors& golden, int number) {
  const std::string prefix = "scan." + std::to_string(number) + ".";
  const auto values = [&](const std::string& name) {
    return golden.template values<T>(prefix + name);
  };
  const std::vector<std::int64_t>& size = golden.shape(prefix + "u");
  ScanCase<T> scan{.shape = {.batch = size[0],
                             .tokens = size[2],
                             .channels = size[1],
                             .states = golden.shape(prefix + "A")[1]},
                   .u = values("u"),
                   .delta = values("delta"),
                   .A = values("A"),
                   .B = values("B"),
                   .C = values("C"),
                   .D = values("D"),
                   .z = values("z"),
                   .delta_bias = values("delta_bias"),
                   .grad_y = values("dy")};
  scan.make_room();
  return scan;
}

/// A random problem with step sizes and decays as in training.
template <typename T>
ScanCase<T> random_scan_case(const kernels::ScanShape& shape) {
  RandomStream random(1, "scan", static_cast<std::uint64_t>(shape.tokens));
  const auto values = [&](std::int64_t count, double centre, double width) {
    std::vector<T> drawn(static_cast<std::size_t>(count));
    for (T& value : drawn) {
      value = static_cast<T>(static_cast<float>(random.uniform(centre - width, centre + width)));
    }
    return drawn;
  };
  const std::int64_t sequence = shape.batch * shape.channels * shape.tokens;
  const std::int64_t projected = shape.batch * shape.states * shape.tokens;
  ScanCase<T> scan{.shape = shape,
                   .u = values(sequence, 0, 1),
                   .delta = values(sequence, 0, 0.5),
                   .A = values(shape.channels * shape.states, -8, 7.9),
                   .B = values(projected, 0, 1.5),
                   .C = values(projected, 0, 1.5),
                   .D = values(shape.channels, 1, 0.1),
                   .z = values(sequence, 0, 2),
                   .delta_bias = values(shape.channels, -3, 2),
                   .grad_y = values(sequence, 0, 1)};
  scan.make_room();
  return scan;
}

}  // namespace yates::testing
