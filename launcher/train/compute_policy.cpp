// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/compute_policy.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace yates::train {
namespace {

[[noreturn]] void refuse(const std::string& key,
                         const std::string& what,
                         const std::string& allowed,
                         const std::string& fix) {
  throw Error(ExitCode::BadConfig,
              Problem{.what = what, .where = key, .allowed = allowed, .fix = fix});
}

std::string type_name(at::ScalarType type) {
  return type == at::kHalf ? "fp16" : type == at::kBFloat16 ? "bf16" : "fp32";
}

at::Device choose_device(const TrainOptions& options, int local_rank, const GpuRuntime& gpus) {
  if (options.device == "cpu" || (options.device == "auto" && gpus.count == 0)) {
    return at::kCPU;
  }
  if (gpus.count == 0) {
    refuse("train.device", "no GPU to train on: " + gpus.missing, "auto, cpu", gpus.fix);
  }
  if (gpus.count > 1 && local_rank >= gpus.count) {
    refuse("train.device",
           fmt::format("rank {} of this host (from 0) has no GPU of its own: {} are visible",
                       local_rank,
                       gpus.count),
           "one rank per GPU",
           fmt::format("start at most {} ranks per host, or ask for more GPUs", gpus.count));
  }
  const int index = gpus.count == 1 ? 0 : local_rank;
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

at::ScalarType choose_activations(const TrainOptions& options, const at::Device& device) {
  const std::string& precision = options.precision;
  if (device.is_cpu() && (precision == "fp16" || precision == "bf16")) {
    refuse("train.precision",
           fmt::format("precision {} needs a GPU, and this run is on the CPU", precision),
           "auto, fp32",
           "train.precision=auto");
  }
  if (precision == "bf16") {
    return at::kBFloat16;
  }
  const bool half = precision == "fp16" || (precision == "auto" && !device.is_cpu());
  return half ? at::kHalf : at::kFloat;
}

}  // namespace

std::string ComputePolicy::text() const {
  return device.str() + " " + type_name(activations);
}

std::string ComputePolicy::fingerprint() const {
  return (device.is_cpu() ? "cpu " : "cuda ") + type_name(activations);
}

ComputePolicy choose_compute(const TrainOptions& options, int local_rank, const GpuRuntime& gpus) {
  const at::Device device = choose_device(options, local_rank, gpus);
  return {.device = device, .activations = choose_activations(options, device)};
}

}  // namespace yates::train
