// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/shell_output.hpp"

#include <array>
#include <cstdio>

namespace yates::cli {

std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return result + "'";
}

ShellResult run_in_shell(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return {};
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), n);
  }
  return {.ok = ::pclose(pipe) == 0, .output = std::move(text)};
}

std::optional<std::string> output_of_shell(const std::string& command) {
  ShellResult result = run_in_shell(command);
  return result.ok ? std::optional(std::move(result.output)) : std::nullopt;
}

}  // namespace yates::cli
