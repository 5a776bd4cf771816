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

/// HDF5 opens the file itself; what it says of the system's failures is tried again as other reads.
Hdf5File open_index(const std::filesystem::path& path) {
  ReadRetry retry;
  for (;;) {
    try {
      return Hdf5File::open(path);
    } catch (const Error& error) {
      if (error.code() != ExitCode::Io || !retry.again(EIO, "the index of the shard", path)) {
        throw;
      }
    }
  }
}

}  // namespace

ShardFile::ShardFile(std::filesystem::path path, std::int64_t bytes)
    : file_(std::move(path), "shard"), bytes_(bytes) {
  if (file_.size() != bytes_) {
    refuse(fmt::format("the shard holds {} bytes, the manifest says {}", file_.size(), bytes_),
           file_.path().string());
  }
  load_index();
  map();
}

ShardFile::~ShardFile() {
  if (mapped_ != nullptr) {
    ::munmap(const_cast<std::byte*>(mapped_), static_cast<std::size_t>(bytes_));
  }
}

void ShardFile::load_index() {
  const Hdf5File file = open_index(file_.path());
  const std::vector<std::int64_t> schema = file.read_integers(shard::kRoot, shard::kSchema);
  if (schema.size() != 1 || schema[0] != kDataSchema) {
    refuse(fmt::format("shard of schema {}, this program reads {}",
                       schema.empty() ? -1 : schema[0],
                       kDataSchema),
           path().string());
  }
  for (const std::string& id : file.groups()) {
    const StoredCase& stored = cases_.emplace(id, load_case(file, id)).first->second;
    for (const DatasetPlace* place : {&stored.image, &stored.labels}) {
      if (place->offset < 0 || place->offset > bytes_) {
        refuse(fmt::format("case {}: a dataset begins at byte {} of {}", id, place->offset, bytes_),
               path().string());
      }
    }
  }
}

void ShardFile::map() {
  if (!is_local(file_.descriptor()) || bytes_ == 0) {
    return;
  }
  void* start = ::mmap(
      nullptr, static_cast<std::size_t>(bytes_), PROT_READ, MAP_SHARED, file_.descriptor(), 0);
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
    refuse("case " + id + " is not in this shard, but the manifest says so", path().string());
  }
  return found->second;
}

void ShardFile::read(std::int64_t offset,
                     std::span<std::byte> target,
                     const std::string& what) const {
  const std::size_t done = file_.read(offset, target, what);
  if (done < target.size()) {
    refuse(fmt::format("{}: the shard ends at byte {}, {} bytes are missing",
                       what,
                       offset + static_cast<std::int64_t>(done),
                       target.size() - done),
           path().string());
  }
}

}  // namespace yates::io
