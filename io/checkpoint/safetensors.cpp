// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

namespace yates::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

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

/// Throws Error{BadData} for a finding at a byte offset of the file.
[[noreturn]] void refuse(const std::filesystem::path& path,
                         std::size_t offset,
                         const std::string& what,
                         const std::string& allowed = "") {
  throw Error(ExitCode::BadData,
              Problem{.what = fmt::format("{} (byte offset {})", what, offset),
                      .where = path.string(),
                      .allowed = allowed,
                      .fix = "the file was cut, edited or damaged; take another copy"});
}

// ---- reading bytes ----

/// A file open for reading, of known size.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    const bool readable = descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0;
    if (!readable || !S_ISREG(status.st_mode)) {
      if (descriptor_ >= 0) {
        ::close(descriptor_);
      }
      throw Error(ExitCode::InputMissing,
                  Problem{.what = "cannot read the file of tensors",
                          .where = path.string(),
                          .allowed = "a regular file in the safetensors layout",
                          .fix = "check the path and its permissions"});
    }
    size_ = static_cast<std::size_t>(status.st_size);
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Reads the next `count` bytes. Throws Error{Io}, or Error{BadData} if the file became shorter.
  void read(void* target, std::size_t count) {
    auto* bytes = static_cast<std::byte*>(target);
    while (count > 0) {
      const ssize_t got = ::read(descriptor_, bytes, count);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        throw_system_error("reading failed", path_.string(), errno);
      }
      if (got == 0) {
        refuse(path_, size_, "the file became shorter while it was read");
      }
      bytes += got;
      count -= static_cast<std::size_t>(got);
    }
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::size_t size_ = 0;
};

std::string read_header(InputFile& file, const std::filesystem::path& path) {
  if (file.size() < kLengthBytes) {
    refuse(path, file.size(), "the file ends inside the header length", "at least 8 bytes");
  }
  std::array<char, kLengthBytes> field{};
  file.read(field.data(), kLengthBytes);
  const std::string_view begin(field.data(), field.size());
  if (begin.starts_with("PK\x03\x04") || begin.starts_with("\x80\x02")) {
    throw Error(
        ExitCode::BadData,
        Problem{.what = "this is a file of torch.save, which can run code when it is read",
                .where = path.string(),
                .allowed = "safetensors",
                .fix = "convert it: python3 tools/convert_checkpoint.py " + path.string() + " " +
                       std::filesystem::path(path).replace_extension("safetensors").string()});
  }
  const auto length = std::bit_cast<std::uint64_t>(field);
  const std::uint64_t limit = std::min<std::uint64_t>(kMaxHeaderBytes, file.size() - kLengthBytes);
  if (length < 2 || length > limit) {
    refuse(path,
           0,
           fmt::format("header length {} is impossible", length),
           fmt::format("2 to {}", limit));
  }
  std::string header(field.data(), kLengthBytes);
  header.resize(kLengthBytes + length);
  file.read(header.data() + kLengthBytes, length);
  return header;
}

// ---- the JSON header ----

/// Parses the header; refuses a key that stands twice in one object.
Json parse_header(std::string_view header, const std::filesystem::path& path) {
  const std::string_view text = header.substr(kLengthBytes);
  // The parser takes a NUL for the end of its input.
  if (text.front() != '{' || text.find('\0') != std::string_view::npos) {
    refuse(path, kLengthBytes, "the header does not begin with '{' or holds a NUL");
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
    refuse(path, kLengthBytes + error.byte, "the header is not valid JSON");
  } catch (const nlohmann::json::out_of_range&) {
    refuse(path, kLengthBytes, "the header holds a number larger than any that can be read");
  }
  if (!duplicate.empty()) {
    refuse(path, kLengthBytes, "key '" + duplicate + "' stands twice in the header");
  }
  return json;
}

Metadata parse_metadata(const Json& json, const std::filesystem::path& path) {
  Metadata metadata;
  for (const auto& [key, value] : json.items()) {
    if (!json.is_object() || !value.is_string()) {
      refuse(path, kLengthBytes, "metadata '" + key + "' is not text", "an object of strings");
    }
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Bytes of a tensor, or nothing if that number does not fit in 63 bits.
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

/// A tensor as the header states it: its bytes are data[begin, end).
struct Stated {
  TensorEntry entry;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

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
    refuse(path,
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
    refuse(path,
           kLengthBytes,
           fmt::format("tensor '{}': unknown dtype '{}'", name, text),
           "F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL");
  }
  return found->dtype;
}

Stated parse_tensor(const std::string& name,
                    const Json& json,
                    std::size_t data_start,
                    const std::filesystem::path& path) {
  Stated stated;
  stated.entry.name = name;
  stated.entry.dtype = stated_dtype(json, name, path);
  for (const std::uint64_t side : unsigned_list(json, "shape", name, path)) {
    stated.entry.shape.push_back(static_cast<std::int64_t>(side));
  }
  const auto offsets = unsigned_list(json, "data_offsets", name, path);
  if (json.size() != 3 || offsets.size() != 2 || offsets[0] > offsets[1]) {
    refuse(path,
           kLengthBytes,
           "tensor '" + name + "': malformed entry",
           "dtype, shape and data_offsets [begin, end]");
  }
  stated.begin = offsets[0];
  stated.end = offsets[1];
  const auto bytes = byte_count(stated.entry.dtype, stated.entry.shape);
  if (!bytes || *bytes != stated.end - stated.begin) {
    refuse(
        path,
        data_start + stated.begin,
        fmt::format("tensor '{}': {} bytes do not hold its shape", name, stated.end - stated.begin),
        bytes ? fmt::format("{} bytes", *bytes) : "a shape whose size fits in 63 bits");
  }
  return stated;
}

/// Sorts by place and checks that the tensors cover the data exactly.
void check_cover(std::vector<Stated>& tensors,
                 std::size_t data_start,
                 std::size_t data_size,
                 const std::filesystem::path& path) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const Stated& a, const Stated& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t position = 0;
  for (const Stated& tensor : tensors) {
    if (tensor.begin != position) {
      refuse(path,
             data_start + tensor.begin,
             fmt::format("tensor '{}' {}",
                         tensor.entry.name,
                         tensor.begin < position ? "overlaps the one before it"
                                                 : "leaves a hole before it"),
             fmt::format("data_offsets that begin at {}", position));
    }
    if (tensor.end > data_size) {
      refuse(path,
             data_start + data_size,
             fmt::format("the file ends inside tensor '{}'", tensor.entry.name),
             fmt::format("a file of at least {} bytes", data_start + tensor.end));
    }
    position = tensor.end;
  }
  if (position != data_size) {
    refuse(path,
           data_start + position,
           fmt::format("{} bytes at the end belong to no tensor", data_size - position));
  }
}

// ---- writing ----

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

std::size_t dtype_size(Dtype dtype) {
  return info(dtype).size;
}

std::string_view dtype_name(Dtype dtype) {
  return info(dtype).name;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  InputFile file(path);
  header_ = read_header(file, path);
  const std::size_t data_start = header_.size();
  const std::size_t data_size = file.size() - data_start;

  std::vector<Stated> tensors;
  const Json json = parse_header(header_, path);
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadataKey) {
      metadata_ = parse_metadata(value, path);
    } else {
      tensors.push_back(parse_tensor(name, value, data_start, path));
    }
  }
  check_cover(tensors, data_start, data_size, path);

  data_ = std::make_unique_for_overwrite<std::byte[]>(data_size);
  file.read(data_.get(), data_size);
  for (Stated& tensor : tensors) {
    tensor.entry.data = std::span(data_.get() + tensor.begin, tensor.end - tensor.begin);
    entries_.push_back(std::move(tensor.entry));
  }
}

const TensorEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const TensorEntry& entry) {
    return entry.name == name;
  });
  return found == entries_.end() ? nullptr : &*found;
}

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
