// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/gpu_timer.hpp"

#include <algorithm>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/simt/device.hpp"

namespace yates::bench {
namespace {

/// Bytes per second of a copy inside the device's memory, read and written bytes both counted.
double measure_copy() {
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  kernels::DeviceArray<unsigned char> from(kBytes);
  kernels::DeviceArray<unsigned char> to(kBytes);
  const double ms = median_ms([&] {
    kernels::check_device(
        cudaMemcpyAsync(to.data(), from.data(), kBytes, cudaMemcpyDeviceToDevice, nullptr), "copy");
  });
  return 2.0 * static_cast<double>(kBytes) / ms * 1e3;
}

}  // namespace

double median_ms(const std::function<void()>& work, int repetitions) {
  constexpr int kUncounted = 3;
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  kernels::check_device(cudaEventCreate(&begin), "event");
  kernels::check_device(cudaEventCreate(&end), "event");
  std::vector<float> times;
  for (int i = 0; i < kUncounted + repetitions; ++i) {
    kernels::check_device(cudaEventRecord(begin, nullptr), "event");
    work();
    kernels::check_device(cudaEventRecord(end, nullptr), "event");
    kernels::check_device(cudaEventSynchronize(end), "waiting for a kernel");
    float ms = 0;
    kernels::check_device(cudaEventElapsedTime(&ms, begin, end), "event");
    if (i >= kUncounted) {
      times.push_back(ms);
    }
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return static_cast<double>(*middle);
}

KernelTable::KernelTable() : copy_gb_per_s_(measure_copy() / 1e9) {
  fmt::print(
      "device: {}; copy inside its memory: {:.0f} GB/s\n", kernels::device_name(), copy_gb_per_s_);
  fmt::print("medians of 20 runs, events on one stream; GB/s counts each array once\n");
  fmt::print("{:24} {:26} {:>9} {:>9} {:>7} {:>12} {}\n",
             "kernel",
             "shape",
             "ms",
             "GB/s",
             "% copy",
             "ps/element",
             "bits repeat");
}

void KernelTable::add(const Row& row) {
  const double gb_per_s = row.bytes / row.ms / 1e6;
  fmt::print("{:24} {:26} {:9.4f} {:9.0f} {:7.0f} {:>12} {}\n",
             row.name,
             row.shape,
             row.ms,
             gb_per_s,
             100 * gb_per_s / copy_gb_per_s_,
             row.elements > 0 ? fmt::format("{:.1f}", row.ms * 1e9 / row.elements) : "-",
             row.repeats ? "yes" : "NO");
  failures_ += row.repeats ? 0 : 1;
}

}  // namespace yates::bench
