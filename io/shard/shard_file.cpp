// SPDX-License-Identifier: Apache-2.0
#include "io/shard/shard_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/magic.h>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/shard_layout.hpp"

namespace yates::io {
namespace {

constexpr const char* kCopyAgain = "copy the shard again, or import the data again";

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(ExitCode::BadData,
              Problem{.what = what, .where = where, .allowed = "", .fix = kCopyAgain});
}

/// Whether a page fault on the file is as cheap and as safe as a read: over a network it is
/// neither.
bool is_local(int descriptor) {
  constexpr std::array<std::uint32_t, 6> kLocal = {EXT4_SUPER_MAGIC,
                                                   XFS_SUPER_MAGIC,
                                                   BTRFS_SUPER_MAGIC,
                                                   F2FS_SUPER_MAGIC,
                                                   TMPFS_MAGIC,
                                                   OVERLAYFS_SUPER_MAGIC};
  struct statfs status {};
  return ::fstatfs(descriptor, &status) == 0 &&
         std::find(kLocal.begin(), kLocal.end(), static_cast<std::uint32_t>(status.f_type)) !=
             kLocal.end();
}

StoredCase load_case(const Hdf5File& file, const std::string& id) {
  StoredCase stored;
  stored.image = file.find_dataset(shard::image_path(id));
  stored.labels = file.find_dataset(shard::labels_path(id));
  stored.mean = file.read_numbers(id, shard::kMean);
  stored.sd = file.read_numbers(id, shard::kSd);
  stored.crc32c = file.read_integers(id, shard::kCrc32c);
  return stored;
}

}  // namespace

ShardFile::ShardFile(std::filesystem::path path, std::int64_t bytes)
    : path_(std::move(path)), bytes_(bytes) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    throw Error(ExitCode::InputMissing,
                Problem{.what = "cannot open the shard",
                        .where = path_.string(),
                        .allowed = "",
                        .fix = kCopyAgain});
  }
  try {
    if (status.st_size != bytes_) {
      refuse(fmt::format("the shard holds {} bytes, the manifest says {}", status.st_size, bytes_),
             path_.string());
    }
    load_index();
    map();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

ShardFile::~ShardFile() {
  if (mapped_ != nullptr) {
    ::munmap(const_cast<std::byte*>(mapped_), static_cast<std::size_t>(bytes_));
  }
  ::close(descriptor_);
}

void ShardFile::load_index() {
  const Hdf5File file = Hdf5File::open(path_);
  const std::vector<std::int64_t> schema = file.read_integers(shard::kRoot, shard::kSchema);
  if (schema.size() != 1 || schema[0] != kDataSchema) {
    refuse(fmt::format("shard of schema {}, this program reads {}",
                       schema.empty() ? -1 : schema[0],
                       kDataSchema),
           path_.string());
  }
  for (const std::string& id : file.groups()) {
    cases_.emplace(id, load_case(file, id));
  }
}

void ShardFile::map() {
  if (!is_local(descriptor_) || bytes_ == 0) {
    return;
  }
  void* start =
      ::mmap(nullptr, static_cast<std::size_t>(bytes_), PROT_READ, MAP_SHARED, descriptor_, 0);
  if (start != MAP_FAILED) {
    mapped_ = static_cast<const std::byte*>(start);
  }
}

std::span<const std::byte> ShardFile::view(std::int64_t offset,
                                           std::int64_t size,
                                           std::vector<std::byte>& buffer,
                                           const std::string& what) const {
  if (mapped_ != nullptr && offset >= 0 && size <= bytes_ - offset) {
    return {mapped_ + offset, static_cast<std::size_t>(size)};
  }
  buffer.resize(static_cast<std::size_t>(size));
  read(offset, buffer, what);
  return buffer;
}

const StoredCase& ShardFile::find(const std::string& id) const {
  const auto found = cases_.find(id);
  if (found == cases_.end()) {
    refuse("case " + id + " is not in this shard, but the manifest says so", path_.string());
  }
  return found->second;
}

void ShardFile::read(std::int64_t offset,
                     std::span<std::byte> target,
                     const std::string& what) const {
  while (!target.empty()) {
    const ssize_t count = ::pread(descriptor_, target.data(), target.size(), offset);
    if (count > 0) {
      offset += count;
      target = target.subspan(static_cast<std::size_t>(count));
    } else if (count == 0) {
      refuse(
          fmt::format(
              "{}: the shard ends at byte {}, {} bytes are missing", what, offset, target.size()),
          path_.string());
    } else if (errno != EINTR) {
      throw_system_error(
          fmt::format("{}: reading at byte {} failed", what, offset), path_.string(), errno);
    }
  }
}

}  // namespace yates::io
