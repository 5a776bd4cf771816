// SPDX-License-Identifier: Apache-2.0
// The verbs of `yates study` that speak about what a study can tell and what was declared.
#pragma once

#include <CLI/App.hpp>

namespace yates::cli {

/// power: part of the verb `study`.
void register_study_power(CLI::App& group);
/// register, amend: part of the verb `study`.
void register_study_register(CLI::App& group);

}  // namespace yates::cli
