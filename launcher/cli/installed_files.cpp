// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/installed_files.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::cli {

namespace fs = std::filesystem;

fs::path data_folder() {
  const fs::path prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const fs::path checkout = prefix.parent_path().parent_path();
  const fs::path installed = prefix / "share" / "yates";
  return !fs::exists(installed) && fs::exists(checkout / "slurm" / "sites") ? checkout : installed;
}

std::vector<std::string> site_names() {
  std::vector<std::string> names;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(data_folder() / "slurm" / "sites", absent)) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path site_file(const std::string& text) {
  if (text.find_first_of("./") != std::string::npos || text.empty() || fs::exists(text)) {
    return text;
  }
  const std::vector<std::string> names = site_names();
  if (std::find(names.begin(), names.end(), text) == names.end()) {
    throw Error(ExitCode::InputMissing,
                Problem{.what = "no site file is called '" + text + "'",
                        .where = "--site",
                        .allowed = "a file, or one of: " + join(names, ", "),
                        .fix = suggestion(text, names)});
  }
  return data_folder() / "slurm" / "sites" / (text + ".yaml");
}

}  // namespace yates::cli
