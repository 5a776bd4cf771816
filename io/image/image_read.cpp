// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

#include "base/error.hpp"
#include "io/image/image.hpp"
#include "io/image/itk_reader.hpp"
#include "io/image/nifti_file.hpp"

namespace yates::io {
namespace {

/// The stored voxels as T, in this machine's byte order.
template <typename T>
std::vector<T> copy_values(const NiftiFile& file) {
  std::vector<T> values(file.voxels().size() / sizeof(T));
  std::memcpy(values.data(), file.voxels().data(), file.voxels().size());
  if (file.header().byte_swapped) {
    for (T& value : values) {
      auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
      std::reverse(bytes.begin(), bytes.end());
      value = std::bit_cast<T>(bytes);
    }
  }
  return values;
}

/// Calls `use(values)` with the stored voxels as a span of their own type.
template <typename Use>
void with_values(const NiftiFile& file, Use use) {
  const std::span<const std::byte> bytes = file.voxels();
  const auto typed = [&]<typename T>(T) {
    // The offset of the voxels need not suit their type.
    const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0;
    if (aligned && !file.header().byte_swapped) {
      use(std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)));
    } else {
      const std::vector<T> copy = copy_values<T>(file);
      use(std::span<const T>(copy));
    }
  };
  switch (file.header().type) {
    case VoxelType::UInt8: typed(std::uint8_t{}); break;
    case VoxelType::Int8: typed(std::int8_t{}); break;
    case VoxelType::Int16: typed(std::int16_t{}); break;
    case VoxelType::UInt16: typed(std::uint16_t{}); break;
    case VoxelType::Int32: typed(std::int32_t{}); break;
    case VoxelType::UInt32: typed(std::uint32_t{}); break;
    case VoxelType::Int64: typed(std::int64_t{}); break;
    case VoxelType::UInt64: typed(std::uint64_t{}); break;
    case VoxelType::Float32: typed(float{}); break;
    case VoxelType::Float64: typed(double{}); break;
  }
}

/// Sets voxels, range and flags of `image` from real values.
template <typename T, typename Value>
void set_real(std::span<const T> stored, Value value, Image& image) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::int64_t whole = 0;
  std::int64_t finite = 0;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const double v = value(stored[i]);
    image.voxels[i] = static_cast<float>(v);
    const bool is_finite = std::abs(v) <= std::numeric_limits<double>::max();
    finite += is_finite ? 1 : 0;
    whole += is_finite && std::trunc(v) == v ? 1 : 0;
    low = is_finite && v < low ? v : low;
    high = is_finite && v > high ? v : high;
  }
  image.not_finite = static_cast<std::int64_t>(stored.size()) - finite;
  image.integral = whole == finite;
  image.minimum = finite > 0 ? low : 0;
  image.maximum = finite > 0 ? high : 0;
}

template <typename T>
void set_values(std::span<const T> stored, const NiftiHeader& header, Image& image) {
  if (header.scaled()) {
    set_real(
        stored,
        [&](T v) { return static_cast<double>(v) * header.slope + header.intercept; },
        image);
    return;
  }
  if constexpr (std::is_integral_v<T>) {
    T low = stored[0];
    T high = stored[0];
    for (std::size_t i = 0; i < stored.size(); ++i) {
      image.voxels[i] = static_cast<float>(stored[i]);
      low = std::min(low, stored[i]);
      high = std::max(high, stored[i]);
    }
    image.minimum = static_cast<double>(low);
    image.maximum = static_cast<double>(high);
  } else {
    set_real(
        stored, [](T v) { return static_cast<double>(v); }, image);
  }
}

/// Warns where ITK chose among contradictory or missing orientations.
std::string note_of(const NiftiHeader& header) {
  if (header.special.empty() || header.special == kMoreAxes) {
    return header.note;
  }
  return header.special + "; ITK's reading of the orientation is used";
}

/// Copies whole numbers from 0 to 255; everything else is counted and refused.
template <typename T, typename Value>
void set_labels(std::span<const T> stored,
                Value value,
                const std::filesystem::path& path,
                LabelMap& map) {
  std::int64_t wrong = 0;
  double example = 0;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const double v = value(stored[i]);
    const bool good = v >= 0 && v <= 255 && std::trunc(v) == v;
    map.voxels[i] = good ? static_cast<std::uint8_t>(v) : std::uint8_t{0};
    if (!good && ++wrong == 1) {
      example = v;
    }
  }
  if (wrong > 0) {
    throw Error(
        ExitCode::BadData,
        Problem{.what = fmt::format("{} voxels are no label, e.g. {}", wrong, example),
                .where = path.string(),
                .allowed = "whole numbers from 0 to 255",
                .fix = "this is an image, or a map of probabilities: give the labels of it"});
  }
}

}  // namespace

Image read_image(const std::filesystem::path& path) {
  const NiftiFile file = read_nifti(path);
  Image image;
  image.stored_type = voxel_type_name(file.header().type);
  image.note = note_of(file.header());
  image.voxels.resize(static_cast<std::size_t>(file.header().geometry.voxels()));
  if (!file.header().special.empty()) {
    const ItkVolume volume = read_with_itk(path);
    image.geometry = volume.geometry;
    set_real(
        std::span<const double>(volume.voxels), [](double v) { return v; }, image);
    return image;
  }
  image.geometry = file.header().geometry;
  with_values(file, [&](auto stored) { set_values(stored, file.header(), image); });
  return image;
}

LabelMap read_label_map(const std::filesystem::path& path) {
  const NiftiFile file = read_nifti(path);
  const NiftiHeader& header = file.header();
  LabelMap map;
  map.note = note_of(header);
  map.voxels.resize(static_cast<std::size_t>(header.geometry.voxels()));
  if (!header.special.empty()) {
    const ItkVolume volume = read_with_itk(path);
    map.geometry = volume.geometry;
    set_labels(
        std::span<const double>(volume.voxels), [](double v) { return v; }, path, map);
    return map;
  }
  map.geometry = header.geometry;
  with_values(file, [&](auto stored) {
    using T = typename decltype(stored)::value_type;
    if (std::is_same_v<T, std::uint8_t> && !header.scaled()) {
      std::memcpy(map.voxels.data(), stored.data(), stored.size());
      return;
    }
    const auto value = [&](T v) {
      return static_cast<double>(v) * header.slope + header.intercept;
    };
    set_labels(stored, value, path, map);
  });
  return map;
}

}  // namespace yates::io
