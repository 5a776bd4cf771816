// SPDX-License-Identifier: Apache-2.0
// Runs a program as a user would, and keeps what it printed.
#pragma once

#include <string>
#include <vector>

namespace yates::testing {

/// What a finished program left.
struct CommandResult {
  int exit_code = -1;  ///< 128 + signal number if a signal ended it.
  std::string output;  ///< Standard output.
  std::string error;   ///< Standard error.
};

/// Runs `arguments` (program first; no shell), in `directory` if given, with `environment` entries
/// NAME=value added. Waits for the end.
CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::string& directory = "",
                          const std::vector<std::string>& environment = {});

/// Runs the built `yates` with these arguments.
CommandResult run_yates(std::vector<std::string> arguments, const std::string& directory = "");

}  // namespace yates::testing
