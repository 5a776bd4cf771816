// SPDX-License-Identifier: Apache-2.0
// Checksums: CRC32C against accidents on the hot path, SHA-256 to name content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace yates {

/// CRC32C (Castagnoli) of `bytes`; pass an earlier result as `seed` to go on with more bytes.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0);

/// The same by a plain table, byte by byte: what the fast version is tested against.
std::uint32_t crc32c_reference(std::span<const std::byte> bytes, std::uint32_t seed = 0);

/// SHA-256 over bytes given in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  /// The digest as 64 lower-case hexadecimal digits. Call once, last.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view content);

/// SHA-256 of a file's content. Throws Error{InputMissing} or Error{Io}.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace yates
