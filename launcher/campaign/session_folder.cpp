// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/session_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>

#include "base/random.hpp"

namespace yates::campaign {
namespace {

// Sockets are below, and the path of a socket has 107 characters at most: the name is short.
std::filesystem::path folder_for(const std::filesystem::path& parent,
                                 const std::filesystem::path& locked) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::weakly_canonical(locked, error);
  return error || parent.empty()
             ? ""
             : parent / fmt::format("yates-{:016x}", hash_name(target.string()));
}

}  // namespace

SessionFolder::SessionFolder(const std::filesystem::path& parent,
                             const std::filesystem::path& locked) {
  const std::filesystem::path folder = folder_for(parent, locked);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  // Readable by us alone, and new: nobody else has put anything there.
  if (!folder.empty() && ::mkdir(folder.c_str(), S_IRWXU) == 0) {
    path_ = folder;
  }
}

SessionFolder::~SessionFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace yates::campaign
