// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/abandoned_files.hpp"

#include <system_error>

#include "base/file.hpp"

namespace yates::campaign {

void remove_abandoned_files(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_abandoned_name(entry->path().filename().string()) && entry->is_regular_file(ignored) &&
        !entry->is_symlink(ignored)) {
      std::filesystem::remove(entry->path(), ignored);
    }
  }
}

}  // namespace yates::campaign
