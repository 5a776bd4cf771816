// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/device.hpp"

#include "base/error.hpp"

namespace yates::kernels {

void require_launch(bool holds, const char* demand) {
  YATES_ASSERT(holds, "{}", demand);
}

}  // namespace yates::kernels
