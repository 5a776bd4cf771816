// SPDX-License-Identifier: Apache-2.0
// What other programs print, through the shell.
#pragma once

#include <optional>
#include <string>

namespace yates::cli {

/// `text` as one word of a shell command.
std::string shell_quoted(const std::string& text);

/// How a shell command ended and what it wrote to standard output.
struct ShellResult {
  bool ok = false;  ///< Exit code 0.
  std::string output;
};

/// Runs a shell command and waits for its end.
ShellResult run_in_shell(const std::string& command);

/// Standard output of a shell command; nothing if it fails.
std::optional<std::string> output_of_shell(const std::string& command);

}  // namespace yates::cli
