// SPDX-License-Identifier: Apache-2.0
// yates bench augment: the training augmentation over its full mix, against batchgenerators.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "io/augment/augment.hpp"
#include "io/augment/normal_field.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

constexpr std::size_t kChannels = 4;

struct Patch {
  std::array<std::int64_t, 3> shape;
  std::vector<float> voxels;
  std::vector<std::uint8_t> labels;
};

/// Noise with a cube of each label: what the transforms cost does not depend on the content.
Patch make_patch(std::int64_t side) {
  Patch patch{.shape = {side, side, side}, .voxels = {}, .labels = {}};
  const auto voxels = static_cast<std::size_t>(side * side * side);
  patch.voxels.resize(kChannels * voxels);
  io::fill_normal(patch.voxels, {1, 2}, {0, 0, 0});
  patch.labels.assign(voxels, 0);
  for (std::size_t i = 0; i < voxels; ++i) {
    const std::size_t z =
        i / static_cast<std::size_t>(side * side) * 8 / static_cast<std::size_t>(side);
    patch.labels[i] = static_cast<std::uint8_t>(z >= 2 && z < 5 ? z - 1 : 0);
  }
  return patch;
}

double augment_seconds(Patch patch, const io::AugmentParameters& parameters) {
  const Stopwatch watch;
  io::augment({.voxels = patch.voxels, .shape = patch.shape}, patch.labels, parameters);
  return watch.seconds();
}

/// Mean over the mix: the first `samples` draws of seed 1, each timed alone; repeated.
Spread measure_mix(const Patch& patch, std::int64_t samples, std::int64_t repeats) {
  std::vector<double> means;
  for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
    double seconds = 0;
    for (std::int64_t i = 0; i < samples; ++i) {
      seconds += augment_seconds(patch, io::draw_augmentation(1, i, 0, kChannels));
    }
    means.push_back(seconds / static_cast<double>(samples));
  }
  return spread_of(means);
}

/// One transform that always happens.
Spread measure_one(const Patch& patch,
                   const io::AugmentParameters& parameters,
                   std::int64_t repeats) {
  std::vector<double> seconds;
  for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
    seconds.push_back(augment_seconds(patch, parameters));
  }
  return spread_of(seconds);
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  const std::int64_t side = settings.count("patch");
  const std::int64_t repeats = settings.count("repeats");
  const Patch patch = make_patch(side);
  const std::string size = fmt::format("4 x {0} x {0} x {0}", side);
  augment_seconds(patch, io::draw_augmentation(1, 0, 0, kChannels));
  std::vector<BenchResult> results;
  const auto add =
      [&](const std::string& name, const Spread& seconds, const std::optional<PeerResult>& peer) {
        results.push_back({.name = name,
                           .size = size,
                           .unit = "ms/sample",
                           .ours = seconds.scaled(1e3),
                           .peer = peer});
      };
  const auto peer = [&](const std::string& what) {
    return run_python_peer(
        "batchgenerators_augment.py",
        {{"what", what}, {"patch", side}, {"samples", settings.count("peer_samples")}},
        1);
  };
  add("augment mix",
      measure_mix(patch, settings.count("samples"), std::min<std::int64_t>(repeats, 3)),
      peer("mix"));
  io::AugmentParameters spatial;
  spatial.spatial = io::SpatialParameters{{0.3, -0.2, 0.45}, 1};
  add("augment spatial", measure_one(patch, spatial, repeats), peer("spatial"));
  io::AugmentParameters low;
  low.zoom = io::PerChannel(kChannels, 0.75);
  add("augment low resolution", measure_one(patch, low, repeats), peer("low_resolution"));
  io::AugmentParameters noise;
  noise.noise_sd = 0.1;
  add("augment noise", measure_one(patch, noise, repeats), std::nullopt);
  io::AugmentParameters blur;
  blur.blur_sigma = io::PerChannel(kChannels, 0.75);
  add("augment blur", measure_one(patch, blur, repeats), std::nullopt);
  io::AugmentParameters gamma;
  gamma.gamma = io::PerChannel(kChannels, 1.2);
  add("augment gamma", measure_one(patch, gamma, repeats), std::nullopt);
  io::AugmentParameters mirror;
  mirror.mirror = {true, true, true};
  add("augment mirror", measure_one(patch, mirror, repeats), std::nullopt);
  return results;
}

}  // namespace

Bench bench_augment() {
  return {.name = "augment",
          .description =
              "augmentation of one training sample on one core, mean over the full mix "
              "and single transforms, against batchgenerators",
          .keys = {{"patch", "128", "side of the patch, voxels"},
                   {"samples", "60", "samples of the mix"},
                   {"peer_samples", "12", "samples of the mix for the peer"}},
          .run = run};
}

}  // namespace yates::cli
