// SPDX-License-Identifier: Apache-2.0
// Where mpirun keeps its sockets and shared memory files: it removes them at its end, but not when
// it is killed.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// A folder in the directory for temporary files, made for one launcher and removed with it. Its
/// name follows from what the launcher works on, so that the next launcher removes what one that
/// was killed has left.
class SessionFolder {
 public:
  /// Removes what is left of an earlier launcher and makes the folder. The caller holds the
  /// campaign lock of `locked`: no program of an earlier launcher runs any more.
  explicit SessionFolder(const std::filesystem::path& locked);
  ~SessionFolder();
  SessionFolder(const SessionFolder&) = delete;
  SessionFolder& operator=(const SessionFolder&) = delete;

  /// Empty if the folder cannot be made, e.g. because somebody else's has that name: mpirun then
  /// uses the directory for temporary files itself.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace yates::campaign
