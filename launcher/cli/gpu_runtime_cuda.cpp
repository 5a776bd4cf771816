// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "dist/device/cuda_calls.hpp"
#include "kernels/cuda/cuda_operators_torch.hpp"
#include "launcher/cli/gpu_runtime.hpp"

namespace yates::cli {
namespace {

/// cuDNN before 9.15 gives wrong bf16 convolutions at large sizes or slow ones (pytorch#163539,
/// #166122).
constexpr long kOldestCudnn = 91500;

at::Device gpu(int index) {
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

void check_cudnn() {
  const long version = at::globalContext().versionCuDNN();
  if (version < kOldestCudnn) {
    throw Error(ExitCode::BadConfig,
                yates::Problem{.what = fmt::format("cuDNN {} computes 3D convolutions wrongly or "
                                                   "slowly",
                                                   version),
                               .where = "train.device",
                               .allowed = fmt::format("cuDNN from {} on", kOldestCudnn),
                               .fix = "use the libraries that LibTorch 2.11.0 was released with"});
  }
  log_info("cuDNN {}", version);
}

void prepare(int index, bool deterministic) {
  // Read by cuBLAS when it is first used; without it, its sums may differ between runs.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(gpu(index));
  check_cudnn();
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(deterministic);
  context.setBenchmarkCuDNN(!deterministic);  // Chooses by time, anew in every process.
  context.setDeterministicAlgorithms(deterministic, /*warn_only=*/true);
  context.setDeterministicFillUninitializedMemory(false);
  // fp32 means fp32: no TF32.
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
  kernels::use_device_operators(at::kCUDA, &kernels::cuda_operators());
}

std::unique_ptr<dist::DeviceCalls> calls_of(int index) {
  const c10::impl::VirtualGuardImpl guard(at::kCUDA);
  return dist::make_cuda_calls(index, guard.getStream(gpu(index)).native_handle());
}

std::int64_t peak_bytes(int index) {
  const auto stats = at::getDeviceAllocator(at::kCUDA)->getDeviceStats(gpu(index).index());
  return stats.reserved_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)]
      .peak;
}

}  // namespace

train::GpuRuntime gpu_runtime() {
  train::GpuRuntime runtime;
  runtime.count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  runtime.missing = "no GPU or no usable driver is visible here";
  runtime.fix =
      "see nvidia-smi and CUDA_VISIBLE_DEVICES; under Slurm ask for --gpus-per-task=1; "
      "or train.device=cpu";
  runtime.address = dist::cuda_device_address;
  runtime.prepare = prepare;
  runtime.calls = calls_of;
  runtime.peak_bytes = peak_bytes;
  return runtime;
}

}  // namespace yates::cli
