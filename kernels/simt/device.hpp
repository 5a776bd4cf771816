// SPDX-License-Identifier: Apache-2.0
// Device memory for tests and timings of kernels: cudaMalloc in a build for the GPU, guarded host
// memory in a build for the emulator. Link yates::kernels_cuda or yates::kernels_simt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace yates::kernels {

/// Throws Error{Internal} with the runtime's text unless `status` is 0 (a cudaError_t).
void check_device(int status, const char* what);

/// Checks what a kernel demands of its arguments; a failure is a bug in yates.
void require_launch(bool holds, const char* demand);

/// Memory on the device, its bytes 0xFF (NaN, -1) and of no other meaning. Null for 0 bytes.
void* allocate_device(std::size_t bytes);
void free_device(void* memory) noexcept;
void copy_to_device(void* device, const void* host, std::size_t bytes);
/// Waits for everything that was launched before.
void copy_to_host(void* host, const void* device, std::size_t bytes);
/// Waits for the default stream.
void synchronize_device();

/// Orders of execution to run a test under: seeds of the emulator; on a GPU, where the order cannot
/// be chosen, as many repetitions.
std::vector<std::uint64_t> test_schedules();
/// Makes the following launches run in the order of `seed`. No effect on a GPU.
void use_schedule(std::uint64_t seed);
/// "emulator" or the name of the GPU.
const char* device_name();

/// An array of `T` on the device.
template <typename T>
class DeviceArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit DeviceArray(std::size_t count)
      : count_(count), data_(static_cast<T*>(allocate_device(count * sizeof(T)))) {}
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    copy_to_device(data_, values.data(), count_ * sizeof(T));
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  DeviceArray(DeviceArray&& other) noexcept : count_(other.count_), data_(other.data_) {
    other.data_ = nullptr;
    other.count_ = 0;
  }
  DeviceArray& operator=(DeviceArray&&) = delete;
  ~DeviceArray() { free_device(data_); }

  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// The content, after everything that was launched before.
  [[nodiscard]] std::vector<T> host() const {
    std::vector<T> values(count_);
    copy_to_host(values.data(), data_, count_ * sizeof(T));
    return values;
  }

 private:
  std::size_t count_;
  T* data_;
};

}  // namespace yates::kernels
