// SPDX-License-Identifier: Apache-2.0
// yates bench conv1d: the causal depthwise convolution with SiLU against LibTorch's.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/silu.h>

#include "kernels/conv/causal_conv1d_torch.hpp"
#include "launcher/cli/bench_sequence.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

constexpr std::int64_t kWidth = 4;

/// x is (batch, channel, token); ours a view of token-major rows, the peer's contiguous.
struct Convolution {
  at::Tensor x, weight, bias;
};

Convolution make(std::int64_t tokens, std::int64_t channels, bool rows, bool gradients) {
  const auto uniform = [&](at::IntArrayRef shape) {
    return (at::rand(shape) - 0.5).set_requires_grad(gradients);
  };
  return {
      .x = rows ? uniform({1, tokens, channels}).transpose(1, 2) : uniform({1, channels, tokens}),
      .weight = uniform({channels, 1, kWidth}),
      .bias = uniform({channels})};
}

at::Tensor ours(const Convolution& c) {
  return kernels::causal_conv1d(c.x, c.weight, c.bias, true);
}

at::Tensor peer(const Convolution& c) {
  const at::Tensor padded =
      at::conv1d(c.x, c.weight, c.bias, {1}, at::IntArrayRef{kWidth - 1}, {1}, c.x.size(1));
  return at::silu(padded.narrow(2, 0, c.x.size(2)));
}

std::function<void()> work(at::Tensor (*convolve)(const Convolution&),
                           Convolution convolution,
                           bool backward) {
  return [convolve, convolution = std::move(convolution), backward] {
    const at::AutoGradMode gradients(backward);
    const at::Tensor y = convolve(convolution);
    if (backward) {
      y.sum().backward();
    }
  };
}

BenchResult measure(const BenchSettings& settings,
                    std::int64_t tokens,
                    std::int64_t channels,
                    bool backward) {
  const auto [our_time, peer_time] =
      measure_seconds_in_turn(settings.count("repeats"),
                              settings.count("peer_repeats"),
                              work(ours, make(tokens, channels, true, backward), backward),
                              work(peer, make(tokens, channels, false, backward), backward));
  const double nanoseconds = 1e9 / static_cast<double>(tokens * channels);
  return {.name = backward ? "conv1d forward+backward" : "conv1d forward",
          .size = fmt::format("tokens={} channels={}", tokens, channels),
          .unit = "ns/token/channel",
          .ours = our_time.scaled(nanoseconds),
          .peer = PeerResult{"LibTorch conv1d + silu", peer_time.scaled(nanoseconds)}};
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  return measure_sequences(settings, measure);
}

}  // namespace

Bench bench_conv1d() {
  return {.name = "conv1d",
          .description = "causal depthwise conv1d, width 4, with SiLU, against LibTorch's",
          .keys = sequence_keys(),
          .run = run};
}

}  // namespace yates::cli
