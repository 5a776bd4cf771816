// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/scratch_name.hpp"

#include "base/file.hpp"

namespace yates::campaign {

std::filesystem::path scratch_name(const std::filesystem::path& folder, const std::string& name) {
  return AtomicFile(folder / name).temporary_path();
}

}  // namespace yates::campaign
