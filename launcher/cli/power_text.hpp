// SPDX-License-Identifier: Apache-2.0
// A power plan as text for people.
#pragma once

#include "launcher/cli/output.hpp"
#include "launcher/study/power_plan.hpp"

namespace yates::cli {

/// Prints the question, the standard deviation, a row per number of seeds, the looks and the
/// answer. `blind`: the standard deviation is that of the study's own runs.
void print_plan(const Output& output, const study::PowerPlan& plan, bool blind);

}  // namespace yates::cli
