// SPDX-License-Identifier: Apache-2.0
// The content of one run configuration file, before its values are checked.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "launcher/config/assignment.hpp"

namespace yates::config {

struct RunFile {
  std::vector<Assignment> assignments;
  std::optional<YamlEntry>
      command;  ///< `command: [...]` of the base of a study with external arms.
};

/// Reads and flattens a file; findings are appended to `problems`. Throws Error{InputMissing}.
RunFile read_run_file(const std::filesystem::path& path, std::vector<Problem>& problems);

/// First line of a file written by `resolved_yaml`; in such a file the comment behind a value,
/// after kOriginMark, is its origin.
inline constexpr std::string_view kResolvedTitle = "# yates run configuration, resolved";
inline constexpr std::string_view kOriginMark = "  # ";

}  // namespace yates::config
