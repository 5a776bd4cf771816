// SPDX-License-Identifier: Apache-2.0
#include "io/image/gzip.hpp"

#include <algorithm>
#include <memory>
#include <zlib.h>

#include <fmt/format.h>
#include <libdeflate.h>

#include "base/error.hpp"

namespace yates::io {
namespace {

constexpr const char* kCopyAgain = "copy or download the file again";

[[noreturn]] void refuse(const std::filesystem::path& path, std::string what, std::string allowed) {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = path.string(),
                      .allowed = std::move(allowed),
                      .fix = kCopyAgain});
}

/// zlib's streaming decoder: slower than libdeflate, but it can stop early and say how far it came.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> compressed) {
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  ~Inflater() {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills `output`; returns zlib's code: Z_OK when full, Z_STREAM_END at the end of the member.
  int read(std::span<std::byte> output) {
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    return ready_ ? inflate(&stream_, Z_NO_FLUSH) : Z_MEM_ERROR;
  }
  /// Goes on with the member that follows the one that ended.
  void next_member() { inflateReset(&stream_); }
  [[nodiscard]] std::size_t unread() const { return stream_.avail_in; }
  [[nodiscard]] std::size_t unfilled() const { return stream_.avail_out; }
  [[nodiscard]] std::string message() const {
    return stream_.msg != nullptr ? stream_.msg : "unknown";
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

/// Decodes a broken member once more, slowly, to say what is wrong and where.
[[noreturn]] void explain(std::span<const std::byte> member,
                          std::size_t member_start,
                          const std::filesystem::path& path) {
  Inflater inflater(member);
  std::vector<std::byte> scratch(std::size_t{1} << 20);
  std::size_t decoded = 0;
  for (;;) {
    const int code = inflater.read(scratch);
    decoded += scratch.size() - inflater.unfilled();
    const std::size_t at = member_start + member.size() - inflater.unread();
    if (code == Z_OK && inflater.unfilled() == 0) {
      continue;
    }
    if (code == Z_OK || code == Z_BUF_ERROR) {
      refuse(path,
             fmt::format("truncated: the compressed data ends at byte {}, after {} decoded bytes",
                         at,
                         decoded),
             "a complete gzip stream");
    }
    refuse(path,
           fmt::format("corrupt gzip data near byte {}, after {} decoded bytes: {}",
                       at,
                       decoded,
                       code == Z_STREAM_END ? "invalid stream" : inflater.message()),
           "a gzip stream whose checksum holds");
  }
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* p) const { libdeflate_free_decompressor(p); }
};
struct FreeCompressor {
  void operator()(libdeflate_compressor* p) const { libdeflate_free_compressor(p); }
};

bool only_zeros(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gzip_prefix(std::span<const std::byte> compressed,
                                   std::size_t limit,
                                   const std::filesystem::path& path) {
  std::vector<std::byte> output(limit);
  Inflater inflater(compressed);
  std::size_t filled = 0;
  int code = Z_OK;
  do {
    if (code == Z_STREAM_END) {
      inflater.next_member();
    }
    code = inflater.read(std::span(output).subspan(filled));
    filled = limit - inflater.unfilled();
    const bool broken = code == Z_DATA_ERROR || code == Z_NEED_DICT || code == Z_MEM_ERROR;
    if (broken && filled == 0) {
      explain(compressed, 0, path);
    }
  } while (code == Z_STREAM_END && filled < limit && inflater.unread() > 0);
  output.resize(filled);
  return output;
}

void gzip_decompress(std::span<const std::byte> compressed,
                     std::span<std::byte> output,
                     const std::filesystem::path& path) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  YATES_ASSERT(decompressor != nullptr, "out of memory");
  std::size_t read = 0;
  std::size_t filled = 0;
  do {
    const std::span<const std::byte> rest = compressed.subspan(read);
    if (!is_gzip(rest)) {
      refuse(path,
             fmt::format("{} bytes after the gzip data, from byte {}", rest.size(), read),
             "nothing, or zeros as padding");
    }
    std::size_t used = 0;
    std::size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(),
                                                                   rest.data(),
                                                                   rest.size(),
                                                                   output.data() + filled,
                                                                   output.size() - filled,
                                                                   &used,
                                                                   &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      refuse(path, "holds more data than its header says", fmt::format("{} bytes", output.size()));
    }
    if (result != LIBDEFLATE_SUCCESS) {
      explain(rest, read, path);
    }
    read += used;
    filled += written;
  } while (read < compressed.size() && !only_zeros(compressed.subspan(read)));
  if (filled != output.size()) {
    refuse(path,
           fmt::format("short: {} decoded bytes, its header says {}", filled, output.size()),
           fmt::format("{} bytes", output.size()));
  }
}

std::vector<std::byte> gzip_compress(std::span<const std::byte> bytes, int level) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(level));
  YATES_ASSERT(compressor != nullptr, "level {}", level);
  std::vector<std::byte> output(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
  output.resize(libdeflate_gzip_compress(
      compressor.get(), bytes.data(), bytes.size(), output.data(), output.size()));
  YATES_ASSERT(!output.empty(), "compressing {} bytes", bytes.size());
  return output;
}

}  // namespace yates::io
