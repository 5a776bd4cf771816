// SPDX-License-Identifier: Apache-2.0
// plan.json as it is read back: from disk, by whoever goes on with a study.
#pragma once

#include <filesystem>

#include "base/json.hpp"

namespace yates::campaign {

/// Reads a plan.json: it has lists of arms (added empty where there is none) and of runs, each with
/// its id, each run with its arm and seed. Throws Error{InputMissing}, Error{BadData}.
Json read_plan_json(const std::filesystem::path& path);

}  // namespace yates::campaign
