// SPDX-License-Identifier: Apache-2.0
// The header of a safetensors file: what it may say, and the place of every tensor it states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "io/checkpoint/safetensors.hpp"

namespace yates::io {

/// The field before the header that holds its length.
inline constexpr std::size_t kLengthBytes = 8;
inline constexpr std::string_view kMetadataKey = "__metadata__";

/// Throws Error{BadData} for a finding at a byte offset of the file.
[[noreturn]] void refuse_safetensors(const std::filesystem::path& path,
                                     std::size_t offset,
                                     const std::string& what,
                                     const std::string& allowed = "");

/// Parses the header, its length field included. Throws Error{BadData}, also for a key that stands
/// twice in one object.
Json parse_safetensors_header(std::string_view header, const std::filesystem::path& path);

/// Throws Error{BadData} unless all values are text.
Metadata parse_metadata(const Json& json, const std::filesystem::path& path);

/// Bytes of a tensor, or nothing if that number does not fit in 63 bits.
std::optional<std::size_t> byte_count(Dtype dtype, std::span<const std::int64_t> shape);

/// A tensor as the header states it: its bytes are data[begin, end).
struct StatedTensor {
  TensorEntry entry;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Throws Error{BadData} for a malformed entry, an unknown dtype, or a size that is not its
/// shape's.
StatedTensor parse_tensor(const std::string& name,
                          const Json& json,
                          std::size_t data_start,
                          const std::filesystem::path& path);

/// Sorts by place. Throws Error{BadData} unless the tensors cover the data exactly.
void check_cover(std::vector<StatedTensor>& tensors,
                 std::size_t data_start,
                 std::size_t data_size,
                 const std::filesystem::path& path);

}  // namespace yates::io
