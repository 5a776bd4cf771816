// SPDX-License-Identifier: Apache-2.0
// Whole files: read, and published so that a reader sees the old or the new content, never a part.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace yates {

/// Reads a whole file. Throws Error{InputMissing} naming the path when it cannot be opened.
std::string read_file(const std::filesystem::path& path);

/// Writes `path` by way of a temporary file in the same directory: write, fsync, rename, fsync of
/// the directory. On any failure the temporary file is removed and Error{Io} thrown; an existing
/// `path` keeps its content.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

/// A file under construction, published by `commit()`; without it the destructor removes it.
/// For content too large to hold in memory. Short writes and EINTR are handled.
class AtomicFile {
 public:
  /// Creates `.NAME.PID.tmp` beside `path`. Throws Error{Io}.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends bytes. Throws Error{Io}, for example on a full disk.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// fsync and close: the bytes are safe, though not yet visible. Throws Error{Io}.
  void sync();
  /// `sync()` where that is still to be done, rename to the final name, fsync of the directory.
  /// Throws Error{Io}.
  void commit();
  /// Where the bytes are until `commit()`; for writers that need a path of their own.
  [[nodiscard]] const std::filesystem::path& temporary_path() const { return temporary_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// Makes a finished file visible under its final name: fsync, rename, fsync of the directory.
/// For files that a library wrote under a temporary name in the same directory. Throws Error{Io}.
void publish_file(const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Creates a directory and its parents; an existing one is fine. Throws Error{Io}.
void make_directories(const std::filesystem::path& path);

}  // namespace yates
