// SPDX-License-Identifier: Apache-2.0
// The verbs of `yates study` that speak about what a study can tell and what was declared.
#pragma once

#include <string>

#include <CLI/App.hpp>

#include "launcher/config/study_file.hpp"

namespace yates::cli {

/// power: part of the verb `study`.
void register_study_power(CLI::App& group);
/// Whether the budget pays for an answer to the study's question, in one sentence, at what is
/// published about a run's standard deviation. Empty where nothing is declared or known.
std::string power_sentence(const config::StudyFile& study);

/// register, amend: part of the verb `study`.
void register_study_register(CLI::App& group);

}  // namespace yates::cli
