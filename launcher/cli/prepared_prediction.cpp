// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/prepared_prediction.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/repeat_interleave.h>

#include "base/error.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "launcher/cli/gpu_runtime.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/eval/weights.hpp"
#include "model/check_options.hpp"

namespace yates::cli {
namespace {

/// Loads the weights; returns their bytes.
std::int64_t load(const std::filesystem::path& path, const model::SegMamba& network) {
  std::vector<eval::WeightTarget> targets;
  std::int64_t bytes = 0;
  for (const model::Parameter& parameter : network.parameters()) {
    targets.push_back({parameter.name, parameter.value});
    bytes += static_cast<std::int64_t>(parameter.value.nbytes());
  }
  io::SafetensorsFile file(path);
  if (file.find(io::kChecksumTensor) != nullptr) {
    file = io::read_verified(path);
  }
  eval::load_weights(file, targets);
  return bytes;
}

/// The confidence of the first Mamba stage's head, one logit per voxel of the window.
eval::Predictor foreground_of(const model::SegMamba& network,
                              std::uint64_t seed,
                              at::ScalarType activations) {
  return [network, seed, activations](const at::Tensor& window) {
    model::DrawPlace place;
    place.seed = seed;
    at::Tensor logits = network.foreground(window.to(activations), place).front().logits;
    for (std::int64_t axis = 2; axis < 5; ++axis) {
      logits = at::repeat_interleave(logits, window.size(axis) / logits.size(axis), axis);
    }
    return logits;
  };
}

/// Takes the GPU of this rank where the configuration wants one.
void place_network(PreparedPrediction& prepared, const config::RunConfig& config, int local_rank) {
  const train::GpuRuntime gpus = gpu_runtime();
  prepared.compute = train::choose_compute(config.train, local_rank, gpus);
  const at::Device& device = prepared.compute.device;
  if (!device.is_cpu()) {
    gpus.prepare(device.index(), config.train.deterministic);
    prepared.network.parameters().move_to(device);
    prepared.request.device = device;
    prepared.request.made_with += ", " + prepared.compute.fingerprint();
  }
}

}  // namespace

PreparedPrediction prepare(const PredictArguments& arguments, int local_rank) {
  const PredictSettings settings = settings_of(arguments);
  const config::RunConfig& config = settings.config;
  model::check_patch(config.data.patch);
  at::set_num_threads(static_cast<int>(config.train.threads));
  PreparedPrediction prepared{.request = request_of(settings, arguments),
                              .network = model::SegMamba(config.model),
                              .width = config.model.width,
                              .seed = static_cast<std::uint64_t>(config.train.seed)};
  prepared.weight_bytes = load(settings.weights, prepared.network);
  place_network(prepared, config, local_rank);
  if (prepared.request.roi == eval::RoiSource::Foreground) {
    if (!config.model.fce.enabled) {
      throw Error(ExitCode::BadConfig,
                  Problem{.what = "--roi fce with a network that has no foreground head",
                          .where = "model.fce.enabled",
                          .allowed = "true, and weights of a run that trained the head",
                          .fix = "model.fce.enabled=true, or --roi none"});
    }
    prepared.request.foreground =
        foreground_of(prepared.network, prepared.seed, prepared.compute.activations);
  }
  return prepared;
}

std::int64_t window_bytes(const PreparedPrediction& prepared) {
  constexpr std::int64_t kMaps = 11;
  constexpr std::int64_t kStartBytes = std::int64_t{64} << 20;
  const auto& [d, h, w] = prepared.request.window.window;
  const std::int64_t map = prepared.width * d * h * w * static_cast<std::int64_t>(sizeof(float));
  return kMaps * map + kStartBytes;
}

}  // namespace yates::cli
