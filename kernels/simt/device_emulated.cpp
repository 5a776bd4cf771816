// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "base/error.hpp"
#include "kernels/simt/device.hpp"
#include "kernels/simt/emulator.hpp"

namespace yates::kernels {

void check_device(int status, const char* what) {
  YATES_ASSERT(status == 0, "{}", what);
}

void* allocate_device(std::size_t bytes) {
  if (bytes == 0) {
    return nullptr;
  }
  void* memory = std::malloc(bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  std::memset(memory, 0xFF, bytes);
  return memory;
}

void free_device(void* memory) noexcept {
  std::free(memory);
}

void copy_to_device(void* device, const void* host, std::size_t bytes) {
  if (bytes > 0) {
    std::memcpy(device, host, bytes);
  }
}

void copy_to_host(void* host, const void* device, std::size_t bytes) {
  if (bytes > 0) {
    std::memcpy(host, device, bytes);
  }
}

void synchronize_device() {}

std::vector<std::uint64_t> test_schedules() {
  return {1, 2, 3};
}

void use_schedule(std::uint64_t seed) {
  simt::set_seed(seed);
}

const char* device_name() {
  return "emulator";
}

}  // namespace yates::kernels
