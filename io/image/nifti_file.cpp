// SPDX-License-Identifier: Apache-2.0
#include "io/image/nifti_file.hpp"

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "io/image/gzip.hpp"

namespace yates::io {
namespace {

struct Bytes {
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> span() const { return {data.get(), size}; }
};

Bytes read_whole(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
    throw Error(ExitCode::InputMissing,
                Problem{.what = "cannot read the file",
                        .where = path.string(),
                        .allowed = "a .nii or .nii.gz file",
                        .fix = "check the path and its permissions"});
  }
  Bytes bytes;
  bytes.size = static_cast<std::size_t>(status.st_size);
  bytes.data = std::make_unique_for_overwrite<std::byte[]>(bytes.size);
  std::size_t done = 0;
  int error = 0;
  while (done < bytes.size && error == 0) {
    const ssize_t count = ::read(descriptor, bytes.data.get() + done, bytes.size - done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0) {
      error = EIO;  // The file became shorter while it was read.
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  ::close(descriptor);
  if (error != 0) {
    throw_system_error("reading failed", path.string(), error);
  }
  return bytes;
}

}  // namespace

NiftiFile read_nifti(const std::filesystem::path& path) {
  Bytes stored = read_whole(path);
  if (!is_gzip(stored.span())) {
    NiftiHeader header = parse_nifti_header(stored.span(), path);
    if (static_cast<std::int64_t>(stored.size) != header.file_bytes()) {
      throw Error(ExitCode::BadData,
                  Problem{.what = fmt::format("the file holds {} bytes, its header says {}",
                                              stored.size,
                                              header.file_bytes()),
                          .where = path.string(),
                          .allowed = "",
                          .fix = "copy or download the file again"});
    }
    return {std::move(header), std::move(stored.data)};
  }
  NiftiHeader header =
      parse_nifti_header(gzip_prefix(stored.span(), kNiftiHeaderBytes, path), path);
  const auto size = static_cast<std::size_t>(header.file_bytes());
  // Deflate packs at most 1032 to 1: a header that promises more cannot be right, and is not worth
  // the memory.
  if (size / 1100 > stored.size) {
    throw Error(ExitCode::BadData,
                Problem{.what = fmt::format("{} compressed bytes cannot hold the {} bytes that the "
                                            "header says",
                                            stored.size,
                                            size),
                        .where = path.string(),
                        .allowed = "",
                        .fix = "copy or download the file again"});
  }
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  gzip_decompress(stored.span(), {bytes.get(), size}, path);
  return {std::move(header), std::move(bytes)};
}

}  // namespace yates::io
