// SPDX-License-Identifier: Apache-2.0
// Scripts that let a shell complete the command line of yates: verbs, options, known values, keys
// of configurations, files and folders. Every script stands alone; nothing of yates runs while one
// types.
#pragma once

#include <string>
#include <vector>

#include "launcher/cli/command_tree.hpp"

namespace yates::cli {

/// A key of run configurations, for `key=value`.
struct ConfigurationKey {
  std::string name;
  std::vector<std::string> values;  ///< Where they are known.
  bool path = false;                ///< Its value may name a file or a folder.
};

/// What there is to complete.
struct CompletionSource {
  CommandEntry program;
  std::vector<ConfigurationKey> keys;
};

/// For bash 4 and later; needs no package beside bash.
std::string bash_completion(const CompletionSource& source);
/// For zsh: a file `_yates` in a folder of $fpath.
std::string zsh_completion(const CompletionSource& source);
/// For fish 3.
std::string fish_completion(const CompletionSource& source);

}  // namespace yates::cli
