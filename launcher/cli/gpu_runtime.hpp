// SPDX-License-Identifier: Apache-2.0
// The GPUs as this program reaches them: gpu_runtime_cuda.cpp in a build with -DYATES_GPU=ON,
// gpu_runtime_absent.cpp in any other.
#pragma once

#include "launcher/train/compute_policy.hpp"

namespace yates::cli {

/// Looks at this machine. Without driver or GPU: count 0, and the reason.
train::GpuRuntime gpu_runtime();

}  // namespace yates::cli
