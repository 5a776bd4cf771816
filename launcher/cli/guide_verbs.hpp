// SPDX-License-Identifier: Apache-2.0
// The verbs that describe the verbs; not in the help. The build calls them for what it installs.
#pragma once

#include <CLI/App.hpp>

namespace yates::cli {

/// In both programs: `describe`, all verbs and options of this one as JSON on standard output.
void register_describe(CLI::App& app);

/// In `yates`: `completion SHELL` and `manual --out DIR`, for the verbs of both programs. Register
/// last: they describe what `app` has when they run.
void register_completion(CLI::App& app);

}  // namespace yates::cli
