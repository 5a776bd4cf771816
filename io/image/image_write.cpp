// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/image/gzip.hpp"
#include "io/image/image.hpp"
#include "io/image/nifti_form.hpp"
#include "io/image/nifti_header.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kDataOffset = 352;  // Header of 348 bytes and 4 bytes "no extension".
constexpr int kGzipLevel = 6;

/// Writes fields of a NIfTI-1 header at their byte offsets.
class HeaderBytes {
 public:
  template <typename T>
  void put(std::size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  void put_float(std::size_t offset, double value) { put(offset, static_cast<float>(value)); }
  [[nodiscard]] const std::array<std::byte, kDataOffset>& bytes() const { return bytes_; }

 private:
  std::array<std::byte, kDataOffset> bytes_{};
};

/// What the voxels are, beside their grid.
struct VoxelForm {
  VoxelType type = VoxelType::UInt8;
  std::int64_t volumes = 1;  ///< Length of the fourth axis.
  double slope = 1.0;
};

HeaderBytes make_header(const Geometry& geometry, const VoxelForm& form) {
  const VoxelType type = form.type;
  HeaderBytes header;
  header.put(0, std::int32_t{348});
  header.put(38, 'r');
  header.put(40, static_cast<std::int16_t>(form.volumes > 1 ? 4 : 3));
  for (std::size_t axis = 0; axis < 7; ++axis) {
    const std::int64_t length = axis < 3 ? geometry.shape[2 - axis] : axis == 3 ? form.volumes : 1;
    YATES_ASSERT(length >= 1 && length <= 32767, "axis {} has length {}", axis, length);
    header.put(42 + 2 * axis, static_cast<std::int16_t>(length));
    header.put_float(80 + 4 * axis, axis < 3 ? geometry.spacing_mm[axis] : 0.0);
  }
  const NiftiForms forms = forms_of_grid(geometry);
  header.put(70, static_cast<std::int16_t>(type));
  header.put(72, static_cast<std::int16_t>(8 * bytes_per_voxel(type)));
  header.put_float(76, forms.pixdim[0]);
  header.put_float(108, static_cast<double>(kDataOffset));
  header.put_float(112, form.slope);
  header.put(123, static_cast<std::uint8_t>(forms.units));
  header.put(252, static_cast<std::int16_t>(forms.qform_code));
  header.put(254, static_cast<std::int16_t>(forms.sform_code));
  for (std::size_t i = 0; i < 3; ++i) {
    header.put_float(256 + 4 * i, forms.quatern[i]);
    header.put_float(268 + 4 * i, forms.qoffset[i]);
  }
  for (std::size_t i = 0; i < 12; ++i) {
    header.put_float(280 + 4 * i, forms.srow[i]);
  }
  header.put(344, std::array<char, 4>{'n', '+', '1', '\0'});
  return header;
}

void write_volume(const std::filesystem::path& path,
                  const Geometry& geometry,
                  const VoxelForm& form,
                  std::span<const std::byte> voxels) {
  YATES_ASSERT(static_cast<std::int64_t>(voxels.size()) ==
                   form.volumes * geometry.voxels() * bytes_per_voxel(form.type),
               "{} bytes of voxels for a grid of {}",
               voxels.size(),
               geometry.voxels());
  const HeaderBytes header = make_header(geometry, form);
  AtomicFile file(path);
  if (path.extension() == ".gz") {
    std::vector<std::byte> content(kDataOffset + voxels.size());
    std::memcpy(content.data(), header.bytes().data(), kDataOffset);
    std::memcpy(content.data() + kDataOffset, voxels.data(), voxels.size());
    file.write(gzip_compress(content, kGzipLevel));
  } else {
    file.write(header.bytes());
    file.write(voxels);
  }
  file.commit();
}

}  // namespace

void write_label_map(const std::filesystem::path& path, const LabelMap& map) {
  write_volume(
      path, map.geometry, {.type = VoxelType::UInt8}, std::as_bytes(std::span(map.voxels)));
}

void write_image_int16(const std::filesystem::path& path,
                       const Geometry& geometry,
                       std::span<const std::int16_t> voxels) {
  write_volume(path, geometry, {.type = VoxelType::Int16}, std::as_bytes(voxels));
}

void write_fractions(const std::filesystem::path& path,
                     const Geometry& geometry,
                     std::span<const float> fractions) {
  constexpr float kSteps = 65535.0F;
  std::vector<std::uint16_t> stored;
  stored.reserve(fractions.size());
  for (const float fraction : fractions) {
    const float inside = fraction > 0.0F ? std::min(fraction, 1.0F) : 0.0F;
    stored.push_back(static_cast<std::uint16_t>(std::lround(inside * kSteps)));
  }
  const auto volumes = static_cast<std::int64_t>(fractions.size()) / geometry.voxels();
  write_volume(path,
               geometry,
               {.type = VoxelType::UInt16, .volumes = volumes, .slope = 1.0 / 65535.0},
               std::as_bytes(std::span(stored)));
}

}  // namespace yates::io
