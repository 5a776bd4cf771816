// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/staged_data.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "io/shard/manifest.hpp"

namespace yates::campaign {
namespace {

using Path = std::filesystem::path;

constexpr std::uintmax_t kSpareBytes = 256ULL << 20;  ///< Left free for whatever else runs here.

/// The folder for a copy: ours alone. Others may have made something of its name before us.
void make_private_folder(const Path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_system_error("cannot create the folder", folder.string(), errno);
  }
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0) {
    throw_system_error("cannot look at the folder", folder.string(), errno);
  }
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() ||
      (found.st_mode & kOthersWrite) != 0) {
    throw Error(ExitCode::Io,
                Problem{.what = "the folder for staged data is not ours alone",
                        .where = folder.string(),
                        .allowed = "a folder of this user that nobody else may write to",
                        .fix = "stage to another place, or have it removed"});
  }
}

/// Held while a copy is made; flock is enough on a disk of this node.
class NodeLock {
 public:
  explicit NodeLock(const Path& folder) {
    const Path path = folder / ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0) {
      throw_system_error("cannot lock", path.string(), errno);
    }
  }
  ~NodeLock() { ::close(descriptor_); }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  int descriptor_ = -1;
};

void copy_bytes(const Path& from, const Path& to) {
  std::ifstream source(from, std::ios::binary);
  if (!source) {
    throw Error(
        ExitCode::InputMissing,
        Problem{.what = "cannot read the shard", .where = from.string(), .allowed = "", .fix = ""});
  }
  AtomicFile target(to);
  std::string block(4 << 20, '\0');
  while (source.read(block.data(), static_cast<std::streamsize>(block.size())) ||
         source.gcount() > 0) {
    target.write(std::string_view(block.data(), static_cast<std::size_t>(source.gcount())));
  }
  target.commit();
}

bool has_size(const Path& path, std::int64_t bytes) {
  std::error_code error;
  return std::filesystem::file_size(path, error) == static_cast<std::uintmax_t>(bytes) && !error;
}

void copy_shard(const Path& data_dir, const Path& folder, const io::ShardRecord& shard) {
  if (Path(shard.file).filename() != shard.file) {
    throw Error(ExitCode::BadData,
                Problem{.what = "a shard outside of its data set",
                        .where = io::manifest_path(data_dir).string() + ": " + shard.file,
                        .allowed = "a file name without folders",
                        .fix = ""});
  }
  const Path copy = folder / shard.file;
  copy_bytes(data_dir / shard.file, copy);
  if (!has_size(copy, shard.bytes) || sha256_file(copy) != shard.sha256) {
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);
    throw Error(ExitCode::BadData,
                Problem{.what = "the copy of a shard is not what the manifest says",
                        .where = (data_dir / shard.file).string(),
                        .allowed = "SHA-256 " + shard.sha256,
                        .fix = "yates data verify --data " + data_dir.string()});
  }
}

}  // namespace

Path stage_data(const Path& data_dir, const Path& root) {
  const io::Manifest manifest = io::read_manifest(data_dir);
  const std::string digest = sha256_file(io::manifest_path(data_dir)).substr(0, 16);
  const Path folder = root / fmt::format("yates-data-{}-{}", ::geteuid(), digest);
  make_private_folder(folder);
  const NodeLock lock(folder);
  std::uintmax_t missing = 0;
  bool complete = std::filesystem::exists(io::manifest_path(folder));
  for (const io::ShardRecord& shard : manifest.shards) {
    if (!complete || !has_size(folder / shard.file, shard.bytes)) {
      complete = false;
      missing += static_cast<std::uintmax_t>(shard.bytes);
    }
  }
  if (complete) {
    return folder;
  }
  const std::uintmax_t room = std::filesystem::space(folder).available;
  if (room < missing + kSpareBytes) {
    log_warning("{} has room for {} MiB, the data set needs {}: it is read from {}",
                root.string(),
                room >> 20,
                missing >> 20,
                data_dir.string());
    return data_dir;
  }
  for (const io::ShardRecord& shard : manifest.shards) {
    copy_shard(data_dir, folder, shard);
  }
  copy_bytes(io::manifest_path(data_dir), io::manifest_path(folder));
  log_info("staged {} MiB of {} to {}", missing >> 20, data_dir.string(), folder.string());
  return folder;
}

}  // namespace yates::campaign
