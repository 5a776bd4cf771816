// SPDX-License-Identifier: Apache-2.0
// What two JSON objects say differently, one line each, for people.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace yates::campaign {

/// "arm x, settings, train.epochs: planned 300, now 200". Objects are compared key by key, anything
/// else as a whole.
std::vector<std::string> json_differences(const Json& before, const Json& after);

}  // namespace yates::campaign
