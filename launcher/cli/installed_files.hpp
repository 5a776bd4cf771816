// SPDX-License-Identifier: Apache-2.0
// Where this program's own files are, found from the program itself, so that an installation may be
// moved as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace yates::cli {

/// PREFIX/share/yates of the installation whose PREFIX/bin/yates this is, with configs/ and slurm/;
/// for a build folder the checkout that it lies in. Call from `yates`, not from the worker. The
/// folder may be missing where only the program was copied.
std::filesystem::path data_folder();

/// Names of the site files that came with this program, sorted: "generic", ...
std::vector<std::string> site_names();

/// The site file that `--site` means: `text` is a file, or the name of one of `site_names()`. Empty
/// text stays empty. Throws Error{InputMissing} for a name that is neither.
std::filesystem::path site_file(const std::string& text);

}  // namespace yates::cli
