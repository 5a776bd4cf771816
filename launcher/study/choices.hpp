// SPDX-License-Identifier: Apache-2.0
// The ways to choose some of several things.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace yates::study {

/// Calls `visit` with every choice of `count` of `items`, in order, until it returns true; whether
/// it did.
bool for_each_choice(const std::vector<std::size_t>& items,
                     std::size_t count,
                     const std::function<bool(const std::vector<std::size_t>&)>& visit);

}  // namespace yates::study
