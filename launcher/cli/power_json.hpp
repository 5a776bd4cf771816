// SPDX-License-Identifier: Apache-2.0
// The answer of `study power` for other programs.
#pragma once

#include <vector>

#include "base/json.hpp"
#include "launcher/study/power_plan.hpp"

namespace yates::cli {

/// "power" holds rows as in plan.json (contrast, sigma, n, power, mde), at sigma and at its upper
/// bound; "sigmas" every estimate of sigma that there is, the one used first.
Json power_json(const study::StudySpec& spec,
                const study::PowerPlan& plan,
                const std::vector<study::RunSigma>& sigmas,
                bool blind);

}  // namespace yates::cli
