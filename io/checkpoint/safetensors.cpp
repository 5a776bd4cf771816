// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/checkpoint/safetensors_header.hpp"

namespace yates::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

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
        refuse_safetensors(path_, size_, "the file became shorter while it was read");
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
    refuse_safetensors(
        path, file.size(), "the file ends inside the header length", "at least 8 bytes");
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
    refuse_safetensors(path,
                       0,
                       fmt::format("header length {} is impossible", length),
                       fmt::format("2 to {}", limit));
  }
  std::string header(field.data(), kLengthBytes);
  header.resize(kLengthBytes + length);
  file.read(header.data() + kLengthBytes, length);
  return header;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  InputFile file(path);
  header_ = read_header(file, path);
  const std::size_t data_start = header_.size();
  const std::size_t data_size = file.size() - data_start;

  std::vector<StatedTensor> tensors;
  const Json json = parse_safetensors_header(header_, path);
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
  for (StatedTensor& tensor : tensors) {
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

}  // namespace yates::io
