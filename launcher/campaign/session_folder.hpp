// SPDX-License-Identifier: Apache-2.0
// Where mpirun and its ranks keep sockets and shared memory: they remove them at their end, but not
// when they are killed.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// A folder made for one launcher and removed with it. Its name follows from what the launcher
/// works on, so that the next launcher removes what one that was killed has left.
class SessionFolder {
 public:
  /// Removes what is left of an earlier launcher and makes the folder, in `parent`. The caller
  /// holds the campaign lock of `locked`: no program of an earlier launcher runs any more.
  SessionFolder(const std::filesystem::path& parent, const std::filesystem::path& locked);
  ~SessionFolder();
  SessionFolder(const SessionFolder&) = delete;
  SessionFolder& operator=(const SessionFolder&) = delete;

  /// Empty if the folder cannot be made, e.g. because there is no `parent`, or somebody else's has
  /// that name.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace yates::campaign
