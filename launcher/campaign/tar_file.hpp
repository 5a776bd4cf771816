// SPDX-License-Identifier: Apache-2.0
// A tar archive (POSIX ustar) with equal bytes for equal content: no times, no owners.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace yates::campaign {

class TarFile {
 public:
  /// Throws Error{Io}.
  explicit TarFile(const std::filesystem::path& path) : file_(path) {}

  /// Adds a file of mode 0644, or 0755 if `executable`. Throws Error{Io}; Error{BadData} for a name
  /// that ustar cannot hold: at most 255 bytes, cut at a '/' into 155 and 100.
  void add(const std::string& name, std::string_view content, bool executable = false);
  /// Publishes the archive. Throws Error{Io}.
  void commit();

 private:
  AtomicFile file_;
};

}  // namespace yates::campaign
