// SPDX-License-Identifier: Apache-2.0
// The table of device calls with CUDA and NCCL behind it.
#pragma once

#include <memory>
#include <string>

#include "dist/device/device_calls.hpp"

namespace yates::dist {

/// For CUDA device `device` of this process, whose computation runs on `compute_stream` (a
/// cudaStream_t; nullptr is the default stream). Throws Error{Internal} if there is no such device.
std::unique_ptr<DeviceCalls> make_cuda_calls(int device, void* compute_stream);

/// The PCI address of CUDA device `device`, e.g. "0000:65:00.0". Throws Error{Internal} likewise.
std::string cuda_device_address(int device);

}  // namespace yates::dist
