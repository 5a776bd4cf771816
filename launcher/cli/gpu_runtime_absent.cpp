// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/gpu_runtime.hpp"

namespace yates::cli {

train::GpuRuntime gpu_runtime() {
  return {};
}

}  // namespace yates::cli
