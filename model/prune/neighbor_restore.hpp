// SPDX-License-Identifier: Apache-2.0
// Dropped positions filled from the kept tokens around them: restore `neighbor` (appendix E.3).
#pragma once

#include "kernels/prune/neighbor_restore_torch.hpp"

namespace yates::model {

using kernels::neighbor_restore;

}  // namespace yates::model
