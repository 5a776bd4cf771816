// SPDX-License-Identifier: Apache-2.0
#include "io/image/nifti_file.hpp"

#include <cerrno>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/image/gzip.hpp"

namespace yates::io {
namespace {

struct Bytes {
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> span() const { return {data.get(), size}; }
};

Bytes read_whole(const std::filesystem::path& path) {
  const InputFile file(path, "image");
  Bytes bytes;
  bytes.size = static_cast<std::size_t>(file.size());
  bytes.data = std::make_unique_for_overwrite<std::byte[]>(bytes.size);
  if (file.read(0, {bytes.data.get(), bytes.size}) < bytes.size) {
    throw_system_error("the file became shorter while it was read", path.string(), EIO);
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
