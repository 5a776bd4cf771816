// SPDX-License-Identifier: Apache-2.0
// Whole files: read, and published so that a reader sees the old or the new content, never a part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace yates {

/// How often in all a read is tried that fails for a moment, as on a network file system.
inline constexpr int kReadTries = 6;

/// Decides about the tries of one read. The pauses between them grow from 0.1 s to 1.6 s.
class ReadRetry {
 public:
  /// Whether a read that failed with this errno is to be tried again: EIO, ESTALE, ETIMEDOUT, up to
  /// kReadTries tries. If so, logs `what` of `path`, and waits.
  bool again(int error_number, const std::string& what, const std::filesystem::path& path);

  [[nodiscard]] int tries() const { return tries_; }

 private:
  int tries_ = 1;
};

/// Throws Error{Io} for a read that ReadRetry gave up: what failed, after how many tries.
[[noreturn]] void throw_read_error(const std::string& what,
                                   const std::filesystem::path& path,
                                   int error_number,
                                   int tries);

/// A regular file open for reading at any place; safe from several threads. Reads and opening are
/// tried again as ReadRetry says, and a stale handle is replaced. Fault points: `fault`.open and
/// `fault`.read.
class InputFile {
 public:
  /// Throws Error{InputMissing} naming the path if there is no such file or it may not be read,
  /// Error{Io} if the file system still fails after the last try.
  explicit InputFile(std::filesystem::path path, const std::string& fault = "file");
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Bytes when it was opened.
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Fills `target` from the byte `offset` on; the bytes read, fewer only at the end of the file.
  /// `what` names them in messages. Throws Error{Io}.
  std::size_t read(std::int64_t offset,
                   std::span<std::byte> target,
                   const std::string& what = "the file") const;

 private:
  void reopen() const;

  std::filesystem::path path_;
  std::string open_point_;
  std::string read_point_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

/// Reads a whole file, or a stream such as a pipe. Throws as InputFile.
std::string read_file(const std::filesystem::path& path);

/// Writes `path` by way of a temporary file in the same directory: write, fsync, rename, fsync of
/// the directory. On any failure the temporary file is removed and Error{Io} thrown; an existing
/// `path` keeps its content.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

/// A name for the file that becomes `name`, which no other process of any machine uses:
/// ".NAME.HOST-PID-RANDOM.tmp". Throws Error{Io} if the system gives no random bytes.
std::string temporary_name(const std::string& name);

/// Whether a file of this name is one under construction, or was when its process was killed.
bool is_temporary_name(std::string_view name);

/// Whether it is one of a process of this machine that has ended.
bool is_abandoned_name(std::string_view name);

/// A file under construction, published by `commit()`; without it the destructor removes it.
/// For content too large to hold in memory. Short writes and EINTR are handled.
class AtomicFile {
 public:
  /// Creates a file of a temporary name beside `path`, never one that exists. Throws Error{Io}.
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
