// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace yates::io {
namespace {

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<DtypeInfo, 13> kDtypes = {{{Dtype::F64, "F64", 8},
                                                {Dtype::F32, "F32", 4},
                                                {Dtype::F16, "F16", 2},
                                                {Dtype::BF16, "BF16", 2},
                                                {Dtype::I64, "I64", 8},
                                                {Dtype::I32, "I32", 4},
                                                {Dtype::I16, "I16", 2},
                                                {Dtype::I8, "I8", 1},
                                                {Dtype::U64, "U64", 8},
                                                {Dtype::U32, "U32", 4},
                                                {Dtype::U16, "U16", 2},
                                                {Dtype::U8, "U8", 1},
                                                {Dtype::Bool, "BOOL", 1}}};

const DtypeInfo& info(Dtype dtype) {
  return kDtypes[static_cast<std::size_t>(dtype)];
}

/// A list of unsigned integers under `key` of a tensor's object.
std::vector<std::uint64_t> unsigned_list(const Json& json,
                                         const std::string& key,
                                         const std::string& name,
                                         const std::filesystem::path& path) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  const bool is_list = json.is_object() && found != json.end() && found->is_array();
  std::vector<std::uint64_t> numbers;
  if (is_list) {
    for (const Json& item : *found) {
      constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      if (item.is_number_unsigned() && item.get<std::uint64_t>() <= kLimit) {
        numbers.push_back(item.get<std::uint64_t>());
      }
    }
  }
  if (!is_list || numbers.size() != found->size()) {
    refuse_safetensors(path,
                       kLengthBytes,
                       fmt::format("tensor '{}': {} is missing or malformed", name, key),
                       "a list of integers, 0 to 2^63 - 1");
  }
  return numbers;
}

Dtype stated_dtype(const Json& json, const std::string& name, const std::filesystem::path& path) {
  const std::string text = json.is_object() && json.contains("dtype") && json["dtype"].is_string()
                               ? json["dtype"].get<std::string>()
                               : std::string();
  const auto* found = std::find_if(
      kDtypes.begin(), kDtypes.end(), [&](const DtypeInfo& known) { return known.name == text; });
  if (found == kDtypes.end()) {
    refuse_safetensors(path,
                       kLengthBytes,
                       fmt::format("tensor '{}': unknown dtype '{}'", name, text),
                       "F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL");
  }
  return found->dtype;
}

}  // namespace

std::size_t dtype_size(Dtype dtype) {
  return info(dtype).size;
}

std::string_view dtype_name(Dtype dtype) {
  return info(dtype).name;
}

void refuse_safetensors(const std::filesystem::path& path,
                        std::size_t offset,
                        const std::string& what,
                        const std::string& allowed) {
  throw Error(ExitCode::BadData,
              Problem{.what = fmt::format("{} (byte offset {})", what, offset),
                      .where = path.string(),
                      .allowed = allowed,
                      .fix = "the file was cut, edited or damaged; take another copy"});
}

Json parse_safetensors_header(std::string_view header, const std::filesystem::path& path) {
  const std::string_view text = header.substr(kLengthBytes);
  // The parser takes a NUL for the end of its input.
  if (text.front() != '{' || text.find('\0') != std::string_view::npos) {
    refuse_safetensors(path, kLengthBytes, "the header does not begin with '{' or holds a NUL");
  }
  std::vector<std::set<std::string>> keys;
  std::string duplicate;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      duplicate = keys.back().insert(key).second ? duplicate : key;
    }
    return true;
  };
  Json json;
  try {
    json = Json::parse(text.begin(), text.end(), watch);
  } catch (const nlohmann::json::parse_error& error) {
    refuse_safetensors(path, kLengthBytes + error.byte, "the header is not valid JSON");
  } catch (const nlohmann::json::out_of_range&) {
    refuse_safetensors(
        path, kLengthBytes, "the header holds a number larger than any that can be read");
  }
  if (!duplicate.empty()) {
    refuse_safetensors(path, kLengthBytes, "key '" + duplicate + "' stands twice in the header");
  }
  return json;
}

Metadata parse_metadata(const Json& json, const std::filesystem::path& path) {
  Metadata metadata;
  for (const auto& [key, value] : json.items()) {
    if (!json.is_object() || !value.is_string()) {
      refuse_safetensors(
          path, kLengthBytes, "metadata '" + key + "' is not text", "an object of strings");
    }
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

std::optional<std::size_t> byte_count(Dtype dtype, std::span<const std::int64_t> shape) {
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t bytes = dtype_size(dtype);
  for (const std::int64_t side : shape) {
    const auto factor = static_cast<std::uint64_t>(side);
    if (factor != 0 && bytes > kLimit / factor) {
      return std::nullopt;
    }
    bytes *= factor;
  }
  return bytes;
}

StatedTensor parse_tensor(const std::string& name,
                          const Json& json,
                          std::size_t data_start,
                          const std::filesystem::path& path) {
  StatedTensor stated;
  stated.entry.name = name;
  stated.entry.dtype = stated_dtype(json, name, path);
  for (const std::uint64_t side : unsigned_list(json, "shape", name, path)) {
    stated.entry.shape.push_back(static_cast<std::int64_t>(side));
  }
  const auto offsets = unsigned_list(json, "data_offsets", name, path);
  if (json.size() != 3 || offsets.size() != 2 || offsets[0] > offsets[1]) {
    refuse_safetensors(path,
                       kLengthBytes,
                       "tensor '" + name + "': malformed entry",
                       "dtype, shape and data_offsets [begin, end]");
  }
  stated.begin = offsets[0];
  stated.end = offsets[1];
  const auto bytes = byte_count(stated.entry.dtype, stated.entry.shape);
  if (!bytes || *bytes != stated.end - stated.begin) {
    refuse_safetensors(
        path,
        data_start + stated.begin,
        fmt::format("tensor '{}': {} bytes do not hold its shape", name, stated.end - stated.begin),
        bytes ? fmt::format("{} bytes", *bytes) : "a shape whose size fits in 63 bits");
  }
  return stated;
}

void check_cover(std::vector<StatedTensor>& tensors,
                 std::size_t data_start,
                 std::size_t data_size,
                 const std::filesystem::path& path) {
  std::stable_sort(
      tensors.begin(), tensors.end(), [](const StatedTensor& a, const StatedTensor& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
      });
  std::uint64_t position = 0;
  for (const StatedTensor& tensor : tensors) {
    if (tensor.begin != position) {
      refuse_safetensors(path,
                         data_start + tensor.begin,
                         fmt::format("tensor '{}' {}",
                                     tensor.entry.name,
                                     tensor.begin < position ? "overlaps the one before it"
                                                             : "leaves a hole before it"),
                         fmt::format("data_offsets that begin at {}", position));
    }
    if (tensor.end > data_size) {
      refuse_safetensors(path,
                         data_start + data_size,
                         fmt::format("the file ends inside tensor '{}'", tensor.entry.name),
                         fmt::format("a file of at least {} bytes", data_start + tensor.end));
    }
    position = tensor.end;
  }
  if (position != data_size) {
    refuse_safetensors(
        path,
        data_start + position,
        fmt::format("{} bytes at the end belong to no tensor", data_size - position));
  }
}

}  // namespace yates::io
