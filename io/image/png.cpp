// SPDX-License-Identifier: Apache-2.0
#include "io/image/png.hpp"

#include <array>
#include <string_view>

#include <libdeflate.h>

#include "base/error.hpp"

namespace yates::io {
namespace {

void append_u32(std::vector<std::byte>& out, std::size_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<std::byte>(value >> shift));
  }
}

void append_chunk(std::vector<std::byte>& out,
                  std::string_view type,
                  std::span<const std::byte> data) {
  append_u32(out, data.size());
  const std::size_t begin = out.size();
  const auto name = std::as_bytes(std::span(type.data(), type.size()));
  out.insert(out.end(), name.begin(), name.end());
  out.insert(out.end(), data.begin(), data.end());
  append_u32(out, libdeflate_crc32(0, out.data() + begin, out.size() - begin));
}

/// Every row is preceded by its filter: 0, none.
std::vector<std::byte> compressed_rows(std::span<const std::uint8_t> pixels, std::size_t width) {
  std::vector<std::byte> rows;
  for (std::size_t begin = 0; begin < pixels.size(); begin += width) {
    rows.push_back(std::byte{0});
    const auto row = std::as_bytes(pixels.subspan(begin, width));
    rows.insert(rows.end(), row.begin(), row.end());
  }
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  YATES_ASSERT(compressor != nullptr, "libdeflate has no memory");
  std::vector<std::byte> out(libdeflate_zlib_compress_bound(compressor, rows.size()));
  out.resize(
      libdeflate_zlib_compress(compressor, rows.data(), rows.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace

std::vector<std::byte> encode_png(std::span<const std::uint8_t> pixels, std::size_t width) {
  YATES_ASSERT(width > 0 && !pixels.empty() && pixels.size() % width == 0,
               "{} pixels of width {}",
               pixels.size(),
               width);
  constexpr std::array<unsigned char, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  constexpr std::array<unsigned char, 5> kGrey8 = {8, 0, 0, 0, 0};
  const auto signature = std::as_bytes(std::span(kSignature));
  std::vector<std::byte> out(signature.begin(), signature.end());
  std::vector<std::byte> header;
  append_u32(header, width);
  append_u32(header, pixels.size() / width);
  for (const unsigned char byte : kGrey8) {
    header.push_back(std::byte{byte});
  }
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", compressed_rows(pixels, width));
  append_chunk(out, "IEND", {});
  return out;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace yates::io
