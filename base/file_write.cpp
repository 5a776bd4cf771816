// SPDX-License-Identifier: Apache-2.0
// Files that are published whole.
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace yates {
namespace {

void sync_directory(const std::filesystem::path& directory) {
  const std::filesystem::path target = directory.empty() ? "." : directory;
  const int descriptor = ::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    throw_system_error("cannot open the directory", target.string(), errno);
  }
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some network file systems refuse fsync of a directory; the rename itself stands.
  if (result != 0 && error != EINVAL && error != ENOTSUP) {
    throw_system_error("cannot sync the directory", target.string(), error);
  }
}

void rename_and_sync(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    throw_system_error("cannot rename from " + from.filename().string(), to.string(), errno);
  }
  sync_directory(to.parent_path());
}

}  // namespace

void write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  temporary_ = path_.parent_path() / temporary_name(path_.filename().string());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  descriptor_ = ::open(temporary_.c_str(), kFlags, 0644);
  if (descriptor_ < 0) {
    throw_system_error("cannot create the file", path_.string(), errno);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      throw_system_error("writing failed", path_.string(), written == 0 ? ENOSPC : errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::sync() {
  if (::fsync(descriptor_) != 0) {
    throw_system_error("cannot sync the file", path_.string(), errno);
  }
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    throw_system_error("closing failed", path_.string(), errno);
  }
}

void AtomicFile::commit() {
  if (descriptor_ >= 0) {
    sync();
  }
  rename_and_sync(temporary_, path_);
  temporary_.clear();
}

void publish_file(const std::filesystem::path& temporary, const std::filesystem::path& path) {
  const int descriptor = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw_system_error("cannot open the file", temporary.string(), errno);
  }
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0) {
    throw_system_error("cannot sync the file", temporary.string(), error);
  }
  rename_and_sync(temporary, path);
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw_system_error("cannot create the directory", path.string(), error.value());
  }
}

}  // namespace yates
