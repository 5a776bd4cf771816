// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "io/checkpoint/safetensors_header.hpp"

namespace yates::io {
namespace {

/// Order of the tensors in the file: wider elements first, otherwise as given.
std::vector<std::size_t> file_order(std::span<const TensorEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return dtype_size(entries[a].dtype) > dtype_size(entries[b].dtype);
  });
  return order;
}

void check_entries(std::span<const TensorEntry> entries) {
  std::set<std::string_view> names;
  for (const TensorEntry& entry : entries) {
    YATES_ASSERT(entry.name != kMetadataKey && names.insert(entry.name).second,
                 "tensor name '{}' is reserved or stands twice",
                 entry.name);
    const bool positive = std::all_of(
        entry.shape.begin(), entry.shape.end(), [](std::int64_t side) { return side >= 0; });
    YATES_ASSERT(positive && byte_count(entry.dtype, entry.shape) == entry.data.size(),
                 "tensor '{}' has {} bytes, which is not its shape",
                 entry.name,
                 entry.data.size());
  }
}

}  // namespace

std::string safetensors_header(std::span<const TensorEntry> entries, const Metadata& metadata) {
  check_entries(entries);
  Json json = Json::object();
  if (!metadata.empty()) {
    json[std::string(kMetadataKey)] = metadata;
  }
  std::uint64_t position = 0;
  for (const std::size_t index : file_order(entries)) {
    const TensorEntry& entry = entries[index];
    const std::uint64_t end = position + entry.data.size();
    json.push_back({entry.name,
                    {{"dtype", dtype_name(entry.dtype)},
                     {"shape", entry.shape},
                     {"data_offsets", {position, end}}}});
    position = end;
  }
  std::string text = json.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  YATES_ASSERT(text.size() <= kMaxHeaderBytes, "a header of {} bytes", text.size());
  const auto length = std::bit_cast<std::array<char, kLengthBytes>>(std::uint64_t{text.size()});
  return std::string(length.data(), kLengthBytes) + text;
}

void write_safetensors(const std::filesystem::path& path,
                       std::span<const TensorEntry> entries,
                       const Metadata& metadata) {
  const std::string header = safetensors_header(entries, metadata);
  AtomicFile file(path);
  file.write(header);
  for (const std::size_t index : file_order(entries)) {
    file.write(entries[index].data);
  }
  file.commit();
}

}  // namespace yates::io
