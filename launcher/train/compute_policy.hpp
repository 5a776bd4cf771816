// SPDX-License-Identifier: Apache-2.0
// What a run computes on and in, as chosen from its options and from what this machine has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "dist/device/device_calls.hpp"
#include "launcher/train/options.hpp"

namespace yates::train {

struct ComputePolicy {
  at::Device device = at::kCPU;
  at::ScalarType activations = at::kFloat;  ///< model/precision.hpp; parameters are float32.

  /// Whether the loss is scaled: gradients of float16 activations underflow.
  [[nodiscard]] bool scales_loss() const { return activations == at::kHalf; }
  /// Whether clip, update and divergence are decided on the device and read some steps later; else
  /// by the host at once, in the bits of `reduction: tree` on the CPU.
  [[nodiscard]] bool decides_on_device() const {
    return !device.is_cpu() || activations != at::kFloat;
  }
  /// "cpu fp32", "cuda:0 fp16".
  [[nodiscard]] std::string text() const;
  /// The same without the number of the GPU, for checkpoints.
  [[nodiscard]] std::string fingerprint() const;
};

/// The GPUs that this process sees, and how to reach them; filled by a program built for GPUs.
struct GpuRuntime {
  int count = 0;
  /// Why count is 0, and what to do about it.
  std::string missing = "this program was built without GPU support";
  std::string fix = "train.device=cpu, or build with: cmake --preset cuda";
  /// What distinguishes GPU i of this process from all others of the host, e.g. its PCI address.
  std::function<std::string(int)> address = {};
  /// Once before GPU i is used: our kernels in for CUDA tensors, deterministic algorithms or not.
  std::function<void(int, bool deterministic)> prepare = {};
  /// CUDA and NCCL for GPU i, computation on its current stream.
  std::function<std::unique_ptr<dist::DeviceCalls>(int)> calls = {};
  /// Most bytes of GPU i that LibTorch has held at a time.
  std::function<std::int64_t(int)> peak_bytes = {};
};

/// `local_rank`: place of this rank among those of its host. A rank that sees several GPUs takes
/// the one of its local rank, one that sees a single GPU takes that. Throws Error{BadConfig} for
/// cuda without a GPU, for more ranks than GPUs, for low precision on the CPU, with the remedy.
ComputePolicy choose_compute(const TrainOptions& options, int local_rank, const GpuRuntime& gpus);

}  // namespace yates::train
