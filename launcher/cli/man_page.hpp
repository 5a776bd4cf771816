// SPDX-License-Identifier: Apache-2.0
// Man pages (section 1) written from the verbs and options themselves.
#pragma once

#include <string>
#include <vector>

#include "launcher/cli/command_tree.hpp"

namespace yates::cli {

struct ManPage {
  std::string file;  ///< "yates.1", "yates-study.1"
  std::string text;
};

/// One page for the program and one for each of its verbs, whose own verbs are sections of it.
/// `version` and `date` (YYYY-MM-DD) stand in the margins. Equal input gives equal bytes.
std::vector<ManPage> man_pages(const CommandEntry& program,
                               const std::string& version,
                               const std::string& date);

}  // namespace yates::cli
