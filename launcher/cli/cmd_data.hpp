// SPDX-License-Identifier: Apache-2.0
// The verbs under `yates data`. Every function adds its verb to the noun.
#pragma once

#include <CLI/App.hpp>

namespace yates::cli {

void register_data_import(CLI::App& data);
void register_data_phantom(CLI::App& data);
void register_data_sample(CLI::App& data);
void register_data_split(CLI::App& data);
void register_data_stats(CLI::App& data);
void register_data_verify(CLI::App& data);

}  // namespace yates::cli
