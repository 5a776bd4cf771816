// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) of whole buffers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace yates::io {

bool is_gzip(std::span<const std::byte> bytes);

/// Decompresses at most `limit` first bytes. Errors in what follows are not noticed. Throws
/// Error{BadData} naming `path` if the stream is broken before that.
std::vector<std::byte> gzip_prefix(std::span<const std::byte> compressed,
                                   std::size_t limit,
                                   const std::filesystem::path& path);

/// Decompresses all members into `output` and checks every CRC. Zero bytes after the last member
/// are padding. Throws Error{BadData} naming `path` and the place unless the content has exactly
/// `output.size()` bytes.
void gzip_decompress(std::span<const std::byte> compressed,
                     std::span<std::byte> output,
                     const std::filesystem::path& path);

/// Compresses into one member. Level 1 (fast) to 12 (small). Deterministic: same bytes for the same
/// library version.
std::vector<std::byte> gzip_compress(std::span<const std::byte> bytes, int level);

}  // namespace yates::io
