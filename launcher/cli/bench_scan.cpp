// SPDX-License-Identifier: Apache-2.0
// yates bench scan: the selective scan against the published loop over tokens in LibTorch.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "kernels/scan/selective_scan_torch.hpp"
#include "launcher/cli/bench_sequence.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

constexpr std::int64_t kStates = 16;

/// One problem. Sequences are (batch, channel, token); ours are views of token-major rows, as the
/// network holds them, the peer's are contiguous, as its loop wants them.
struct Problem {
  at::Tensor u, delta, A, B, C, D, z, delta_bias;
  at::Tensor dy;                   ///< The gradient of y, laid out as u.
  std::vector<at::Tensor> leaves;  ///< What is differentiated: the tensors that these are views of.
};

Problem make_problem(std::int64_t tokens, std::int64_t channels, bool rows, bool gradients) {
  std::vector<at::Tensor> leaves;
  const auto uniform = [&](at::IntArrayRef shape, double low, double high) {
    leaves.push_back((at::rand(shape) * (high - low) + low).set_requires_grad(gradients));
    return leaves.back();
  };
  const auto sequence = [&](std::int64_t width, double low, double high) {
    return rows ? uniform({1, tokens, width}, low, high).transpose(1, 2)
                : uniform({1, width, tokens}, low, high);
  };
  Problem problem{.u = sequence(channels, -1, 1),
                  .delta = sequence(channels, -0.5, 0.5),
                  .A = uniform({channels, kStates}, -16, -1),
                  .B = sequence(kStates, -1.5, 1.5),
                  .C = sequence(kStates, -1.5, 1.5),
                  .D = uniform({channels}, 0.9, 1.1),
                  .z = sequence(channels, -2, 2),
                  .delta_bias = uniform({channels}, -5, -3),
                  .dy = sequence(channels, -1, 1).detach(),
                  .leaves = {}};
  problem.leaves = std::move(leaves);
  return problem;
}

at::Tensor ours(const Problem& p) {
  return kernels::selective_scan(p.u, p.delta, p.A, p.B, p.C, p.D, p.z, p.delta_bias, true);
}

/// What PyTorch users without a compiled extension run: decays and inputs of all tokens at once,
/// then a loop over the tokens (unbind rather than select, whose gradient is quadratic in L).
at::Tensor eager(const Problem& p) {
  const at::Tensor delta = at::softplus(p.delta + p.delta_bias.unsqueeze(-1));
  const at::Tensor decay = (delta.unsqueeze(-1) * p.A.unsqueeze(1)).exp();
  const at::Tensor input = at::einsum("bdl,bnl,bdl->bdln", {delta, p.B, p.u});
  const std::vector<at::Tensor> decays = decay.unbind(2);
  const std::vector<at::Tensor> inputs = input.unbind(2);
  const std::vector<at::Tensor> readouts = p.C.unbind(2);
  at::Tensor state = at::zeros({1, p.u.size(1), kStates});
  std::vector<at::Tensor> outputs;
  for (std::size_t t = 0; t < decays.size(); ++t) {
    state = decays[t] * state + inputs[t];
    outputs.push_back(at::einsum("bdn,bn->bd", {state, readouts[t]}));
  }
  return (at::stack(outputs, 2) + p.u * p.D.unsqueeze(-1)) * at::silu(p.z);
}

std::function<void()> work(at::Tensor (*scan)(const Problem&), Problem problem, bool backward) {
  return [scan, problem = std::move(problem), backward] {
    const at::AutoGradMode gradients(backward);
    const at::Tensor y = scan(problem);
    if (backward) {
      for (const at::Tensor& leaf : problem.leaves) {
        leaf.mutable_grad().reset();
      }
      y.backward(problem.dy);
    }
  };
}

/// Beyond this the peer's autograd graph of one tensor per token needs too much memory and time.
constexpr std::int64_t kLongestPeerBackward = 4096;

BenchResult measure(const BenchSettings& settings,
                    std::int64_t tokens,
                    std::int64_t channels,
                    bool backward) {
  BenchResult result{.name = backward ? "scan forward+backward" : "scan forward",
                     .size = fmt::format("tokens={} channels={}", tokens, channels),
                     .unit = "ns/token/channel",
                     .ours = {},
                     .peer = {}};
  const double nanoseconds = 1e9 / static_cast<double>(tokens * channels);
  const auto our_work = work(ours, make_problem(tokens, channels, true, backward), backward);
  if (backward && tokens > kLongestPeerBackward) {
    result.ours = measure_seconds(settings.count("repeats"), our_work).scaled(nanoseconds);
    return result;
  }
  const auto [our_time, peer_time] = measure_seconds_in_turn(
      settings.count("repeats"),
      settings.count("peer_repeats"),
      our_work,
      work(eager, make_problem(tokens, channels, false, backward), backward));
  result.ours = our_time.scaled(nanoseconds);
  result.peer = PeerResult{"LibTorch eager reference scan", peer_time.scaled(nanoseconds)};
  return result;
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  return measure_sequences(settings, measure);
}

}  // namespace

Bench bench_scan() {
  return {.name = "scan",
          .description = "selective scan, 16 states, against LibTorch's eager loop over tokens",
          .keys = sequence_keys(),
          .run = run};
}

}  // namespace yates::cli
