// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/nifti_edit.hpp"

#include <algorithm>
#include <string>

#include "base/file.hpp"
#include "io/image/gzip.hpp"
#include "io/image/nifti_file.hpp"

namespace yates::io {
namespace {

constexpr int kGzipLevel = 6;

/// Runs of fields of equal width in a NIfTI-1 header.
struct Run {
  std::size_t offset, width, count;
};
constexpr Run kRuns[] = {{0, 4, 1}, {40, 2, 8}, {70, 2, 2}, {76, 4, 11}, {252, 2, 2}, {256, 4, 18}};

}  // namespace

NiftiEdit::NiftiEdit(std::filesystem::path path) : path_(std::move(path)) {
  const NiftiFile file = read_nifti(path_);
  bytes_.resize(static_cast<std::size_t>(file.header().file_bytes()));
  const std::string stored = read_file(path_);
  gzip_decompress(std::as_bytes(std::span(stored)), bytes_, path_);
}

NiftiEdit& NiftiEdit::swap_byte_order() {
  const auto swap = [this](std::size_t offset, std::size_t width) {
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
    std::reverse(first, first + static_cast<std::ptrdiff_t>(width));
  };
  const auto width = static_cast<std::size_t>(get<std::int16_t>(nifti_field::kBits)) / 8;
  for (std::size_t at = nifti_field::kVoxels; at < bytes_.size(); at += width) {
    swap(at, width);
  }
  for (const Run& run : kRuns) {
    for (std::size_t i = 0; i < run.count; ++i) {
      swap(run.offset + i * run.width, run.width);
    }
  }
  return *this;
}

std::vector<std::byte> NiftiEdit::as_nifti2() const {
  constexpr std::size_t kHeader = 544;
  std::vector<std::byte> out(kHeader);
  const auto put = [&out](std::size_t offset, auto value) {
    std::memcpy(out.data() + offset, &value, sizeof value);
  };
  put(0, std::int32_t{540});
  constexpr char kMagic2[] = "n+2\0\r\n\032\n";
  std::memcpy(out.data() + 4, kMagic2, 8);
  put(12, get<std::int16_t>(nifti_field::kType));
  put(14, get<std::int16_t>(nifti_field::kBits));
  for (std::size_t i = 0; i < 8; ++i) {
    put(16 + 8 * i, std::int64_t{get<std::int16_t>(nifti_field::kAxes + 2 * i)});
    put(104 + 8 * i, static_cast<double>(get<float>(nifti_field::kSpacing - 4 + 4 * i)));
  }
  put(168, static_cast<std::int64_t>(kHeader));
  put(176, static_cast<double>(get<float>(nifti_field::kSlope)));
  put(344, std::int32_t{get<std::int16_t>(nifti_field::kQformCode)});
  put(348, std::int32_t{get<std::int16_t>(nifti_field::kSformCode)});
  for (std::size_t i = 0; i < 6 + 12; ++i) {
    put(352 + 8 * i, static_cast<double>(get<float>(nifti_field::kQuatern + 4 * i)));
  }
  put(500, std::int32_t{static_cast<std::int8_t>(bytes_[nifti_field::kUnits])});
  out.insert(out.end(), bytes_.begin() + nifti_field::kVoxels, bytes_.end());
  return out;
}

void NiftiEdit::save() const {
  save_raw(gzip_compress(bytes_, kGzipLevel));
}

void NiftiEdit::save_raw(std::span<const std::byte> stored) const {
  write_file_atomic(path_, {reinterpret_cast<const char*>(stored.data()), stored.size()});
}

}  // namespace yates::io
