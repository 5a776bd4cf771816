// SPDX-License-Identifier: Apache-2.0
// The arms of a study: their names, and the configuration that the levels make of the base.
#pragma once

#include <vector>

#include "launcher/config/run_file.hpp"
#include "launcher/config/study_sections.hpp"

namespace yates::config {

/// The base configuration of a study with its overrides.
struct StudyBase {
  Draft draft;
  std::vector<Assignment> assignments;  ///< Of the file, for messages.
  ExternalCommand command;
};

/// Whether names of studies and arms may hold this character: letters, digits, '.', '_', '-'.
bool is_name_character(char c);

/// The arms of the cells that `study.spec` runs, in Yates order. Reports a design that cannot be,
/// and what is wrong with an arm, once per place; the result is complete if nothing was reported.
std::vector<StudyArm> build_arms(const StudyFile& study,
                                 const StudyBase& base,
                                 const std::vector<FactorSettings>& factors,
                                 std::vector<Problem>& problems);

}  // namespace yates::config
