// SPDX-License-Identifier: Apache-2.0
// yates bench instance-norm: InstanceNorm with what follows it against LibTorch's operators.
#include <functional>
#include <string>
#include <vector>

#include <ATen/Version.h>
#include <ATen/ops/add.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include "kernels/norm/instance_norm_torch.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

constexpr double kSlope = 0.01;

at::Tensor by_libtorch(const at::Tensor& x, const at::Tensor& residual) {
  at::Tensor y = at::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false);
  return at::leaky_relu(residual.defined() ? at::add(y, residual) : y, kSlope);
}

at::Tensor by_us(const at::Tensor& x, const at::Tensor& residual) {
  return kernels::instance_norm(x, residual, {.negative_slope = kSlope});
}

/// One volume, a residual if there is one, and the gradient that comes back.
struct Work {
  std::string name;
  at::Tensor x, residual, grad_y;

  void run(at::Tensor (*function)(const at::Tensor&, const at::Tensor&)) const {
    const at::Tensor y = function(x, residual);
    std::vector<at::Tensor> leaves = {x};
    if (residual.defined()) {
      leaves.push_back(residual);
    }
    torch::autograd::grad({y}, leaves, {grad_y});
  }
};

BenchResult measure(const BenchSettings& settings, const Work& work) {
  constexpr double kMilliseconds = 1e3;
  const auto [ours, theirs] = measure_seconds_in_turn(
      settings.count("repeats"),
      settings.count("peer_repeats"),
      [&] { work.run(by_us); },
      [&] { work.run(by_libtorch); });
  return {.name = "norm " + work.name,
          .size = fmt::format("channels={} volume={}^3", work.x.size(1), work.x.size(2)),
          .unit = "ms",
          .ours = ours.scaled(kMilliseconds),
          .peer = PeerResult{"LibTorch " TORCH_VERSION " instance_norm + leaky_relu",
                             theirs.scaled(kMilliseconds)}};
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  std::vector<BenchResult> results;
  for (const auto& [channels, side] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{16, 32}, {16, 64}, {48, 64}, {96, 32}}) {
    for (const at::MemoryFormat format :
         {at::MemoryFormat::ChannelsLast3d, at::MemoryFormat::Contiguous}) {
      const auto drawn = [&, channels = channels, side = side] {
        return at::randn({1, channels, side, side, side}).contiguous(format);
      };
      const std::string layout =
          format == at::MemoryFormat::Contiguous ? "channels first" : "channels last";
      const at::Tensor x = drawn().requires_grad_();
      results.push_back(measure(settings, {"+ activation, " + layout, x, at::Tensor(), drawn()}));
      results.push_back(
          measure(settings, {"+ residual, " + layout, x, drawn().requires_grad_(), drawn()}));
    }
  }
  return results;
}

}  // namespace

Bench bench_instance_norm() {
  return {.name = "instance-norm",
          .description =
              "InstanceNorm + LeakyReLU, with and without residual, forward and backward, against "
              "LibTorch's operators",
          .keys = {},
          .run = run};
}

}  // namespace yates::cli
