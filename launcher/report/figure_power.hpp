// SPDX-License-Identifier: Apache-2.0
// Power and smallest detectable effect over the number of seeds.
#pragma once

#include <string>

#include "launcher/study/power_plan.hpp"

namespace yates::report {

/// Two panels, power and smallest detectable effect by seeds per arm, at sigma and at its upper
/// bound; the wanted power, the effect, and what the budget pays for as lines. `unit` names the
/// metric's unit ("Dice points").
std::string power_figure(const study::PowerPlan& plan, const std::string& unit);

}  // namespace yates::report
