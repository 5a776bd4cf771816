// SPDX-License-Identifier: Apache-2.0
// A random causal convolution over rows in some order, and what the reference in double makes of
// it.
#pragma once

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "kernels/conv/causal_conv1d_reference.hpp"
#include "kernels/conv/row_conv.hpp"

namespace yates::kernels {

/// A random problem whose x lies in rows twice as wide, as in the output of in_proj.
struct RowConvProblem {
  using Values = std::vector<float>;

  RowConvShape shape;
  Values x{}, weight{}, bias{}, grad_y{};
  std::vector<std::int32_t> order{};

  explicit RowConvProblem(const RowConvShape& s, std::uint64_t variant = 0) : shape(s) {
    RandomStream random(
        7, "row_conv", static_cast<std::uint64_t>(s.tokens * 1000 + s.channels), variant);
    const auto draw = [&](std::int64_t count) {
      Values values(static_cast<std::size_t>(count));
      for (float& value : values) {
        value = static_cast<float>(random.uniform(-1, 1));
      }
      return values;
    };
    x = draw(s.batch * s.tokens * 2 * s.channels);
    weight = draw(s.channels * s.width);
    bias = draw(s.channels);
    grad_y = draw(s.batch * s.tokens * s.channels);
    std::vector<std::size_t> shuffled(static_cast<std::size_t>(s.tokens));
    for (std::int64_t b = 0; b < s.batch; ++b) {
      std::iota(shuffled.begin(), shuffled.end(), std::size_t{0});
      random.shuffle(shuffled);
      order.insert(order.end(), shuffled.begin(), shuffled.end());
    }
  }
};

/// The same by the reference in double, on a permuted copy of the rows.
struct RowConvExpected {
  using Doubles = std::vector<double>;

  Doubles y{}, grad_x{}, grad_weight{}, grad_bias{};

  explicit RowConvExpected(const RowConvProblem& p) {
    const ConvShape shape{p.shape.batch, p.shape.tokens, p.shape.channels, p.shape.width};
    const std::int64_t batch = shape.batch;
    const std::int64_t tokens = shape.tokens;
    const std::int64_t channels = shape.channels;
    const std::size_t count = p.grad_y.size();
    Doubles x(count);
    Doubles grad_y(count);
    const auto each = [&](const auto& visit) {
      for (std::int64_t i = 0; i < batch * tokens; ++i) {
        const std::int64_t row = i / tokens * tokens + p.order[static_cast<std::size_t>(i)];
        for (std::int64_t c = 0; c < channels; ++c) {
          visit(static_cast<std::size_t>(i * channels + c),
                static_cast<std::size_t>(row * channels + c),
                static_cast<std::size_t>(row * 2 * channels + c));
        }
      }
    };
    each([&](std::size_t walked, std::size_t narrow, std::size_t wide) {
      x[walked] = static_cast<double>(p.x[wide]);
      grad_y[walked] = static_cast<double>(p.grad_y[narrow]);
    });
    const auto view = [&](auto* data) {
      return SequenceView<std::remove_pointer_t<decltype(data)>>{.data = data,
                                                                 .batch_stride = tokens * channels,
                                                                 .token_stride = channels,
                                                                 .channel_stride = 1};
    };
    const Doubles weight(p.weight.begin(), p.weight.end());
    const Doubles bias(p.bias.begin(), p.bias.end());
    Doubles walked_y(count);
    Doubles walked_grad_x(count);
    grad_weight.resize(weight.size());
    grad_bias.resize(bias.size());
    const ConvInputs<double> inputs{
        .x = view(std::as_const(x).data()), .weight = weight.data(), .bias = bias.data()};
    causal_conv1d_forward_reference<double>(shape, inputs, view(walked_y.data()));
    causal_conv1d_backward_reference<double>(
        shape,
        inputs,
        view(std::as_const(grad_y).data()),
        {.x = view(walked_grad_x.data()), .weight = grad_weight.data(), .bias = grad_bias.data()});
    y.resize(count);
    grad_x.assign(p.x.size(), 777);  // the other half of the wide rows stays untouched
    each([&](std::size_t walked, std::size_t narrow, std::size_t wide) {
      y[narrow] = walked_y[walked];
      grad_x[wide] = walked_grad_x[walked];
    });
  }
};

}  // namespace yates::kernels
