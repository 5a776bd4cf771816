// SPDX-License-Identifier: Apache-2.0
// Ranks as threads of one process: the distributed code under a debugger or a sanitizer.
#pragma once

#include <functional>

#include "dist/communicator.hpp"

namespace yates::dist {

/// Runs `work` on `size` ranks, one thread each, and waits for all. When a rank throws, the others'
/// pending and later operations throw as well, and the first exception is rethrown here.
void run_local_ranks(int size, const std::function<void(Communicator&)>& work);

}  // namespace yates::dist
