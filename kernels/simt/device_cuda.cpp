// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <cuda_runtime_api.h>

#include "base/error.hpp"
#include "kernels/simt/device.hpp"

namespace yates::kernels {

void check_device(int status, const char* what) {
  if (status != cudaSuccess) {
    throw Error(ExitCode::Internal,
                Problem{.what = std::string(what) + ": " +
                                cudaGetErrorString(static_cast<cudaError_t>(status)),
                        .where = "CUDA",
                        .allowed = "",
                        .fix = ""});
  }
}

void* allocate_device(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes > 0) {
    check_device(cudaMalloc(&memory, bytes), "allocating device memory");
    check_device(cudaMemset(memory, 0xFF, bytes), "filling device memory");
  }
  return memory;
}

void free_device(void* memory) noexcept {
  cudaFree(memory);
}

void copy_to_device(void* device, const void* host, std::size_t bytes) {
  check_device(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), "copying to the device");
}

void copy_to_host(void* host, const void* device, std::size_t bytes) {
  check_device(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), "copying from the device");
}

void synchronize_device() {
  check_device(cudaDeviceSynchronize(), "waiting for the device");
}

std::vector<std::uint64_t> test_schedules() {
  return {1, 2, 3, 4, 5};
}

void use_schedule(std::uint64_t /*seed*/) {}

const char* device_name() {
  static const std::string name = [] {
    cudaDeviceProp properties{};
    const bool found = cudaGetDeviceProperties(&properties, 0) == cudaSuccess;
    return std::string(found ? properties.name : "no GPU");
  }();
  return name.c_str();
}

}  // namespace yates::kernels
