// SPDX-License-Identifier: Apache-2.0
#include "io/image/nifti_header.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "io/image/nifti_form.hpp"

namespace yates::io {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::int64_t kMaxVoxels = std::int64_t{1} << 33;

struct TypeRow {
  VoxelType type;
  const char* name;
  std::int64_t bytes;
};
constexpr TypeRow kTypes[] = {{VoxelType::UInt8, "uint8", 1},
                              {VoxelType::Int16, "int16", 2},
                              {VoxelType::Int32, "int32", 4},
                              {VoxelType::Float32, "float32", 4},
                              {VoxelType::Float64, "float64", 8},
                              {VoxelType::Int8, "int8", 1},
                              {VoxelType::UInt16, "uint16", 2},
                              {VoxelType::UInt32, "uint32", 4},
                              {VoxelType::Int64, "int64", 8},
                              {VoxelType::UInt64, "uint64", 8}};

/// Where the fields of one header version lie, in bytes.
struct Layout {
  int version;
  std::size_t bytes, magic, datatype, bitpix, dim, pixdim, vox_offset, slope, intercept;
  std::size_t qform_code, sform_code, quatern, qoffset, srow, units;
};
constexpr Layout kLayout1 = {
    1, 348, 344, 70, 72, 40, 76, 108, 112, 116, 252, 254, 256, 268, 280, 123};
constexpr Layout kLayout2 = {
    2, 540, 4, 12, 14, 16, 104, 168, 176, 184, 344, 348, 352, 376, 400, 500};

[[noreturn]] void refuse(const std::filesystem::path& path,
                         std::string what,
                         std::string allowed,
                         std::string fix = "write the file again from its source") {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = path.string(),
                      .allowed = std::move(allowed),
                      .fix = std::move(fix)});
}

/// Reads fields at fixed offsets, in the file's byte order and version.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, const Layout& layout, bool swapped)
      : bytes_(bytes), layout_(layout), swapped_(swapped) {}

  template <typename T>
  [[nodiscard]] T at(std::size_t offset) const {
    std::array<std::byte, sizeof(T)> raw{};
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), raw.begin());
    if (swapped_) {
      std::reverse(raw.begin(), raw.end());
    }
    return std::bit_cast<T>(raw);
  }
  /// An integer that is 16 bits wide in version 1 and 64 in version 2.
  [[nodiscard]] std::int64_t size(std::size_t offset, std::size_t index) const {
    return first() ? at<std::int16_t>(offset + 2 * index) : at<std::int64_t>(offset + 8 * index);
  }
  /// A code that is 16 bits wide in version 1 and 32 in version 2.
  [[nodiscard]] int code(std::size_t offset) const {
    return first() ? at<std::int16_t>(offset) : at<std::int32_t>(offset);
  }
  /// A real that is single in version 1 and double in version 2.
  [[nodiscard]] double real(std::size_t offset, std::size_t index = 0) const {
    return first() ? static_cast<double>(at<float>(offset + 4 * index))
                   : at<double>(offset + 8 * index);
  }
  [[nodiscard]] int units() const {
    return first() ? static_cast<int>(at<std::uint8_t>(layout_.units))
                   : at<std::int32_t>(layout_.units);
  }
  [[nodiscard]] bool first() const { return layout_.version == 1; }

 private:
  std::span<const std::byte> bytes_;
  const Layout& layout_;
  bool swapped_;
};

/// Finds version and byte order from the header's length field.
NiftiHeader identify(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  NiftiHeader header;
  if (bytes.size() < 4) {
    refuse(
        path, fmt::format("the file holds {} bytes", bytes.size()), "a NIfTI header (348 bytes)");
  }
  for (const Layout* layout : {&kLayout1, &kLayout2}) {
    for (const bool swapped : {false, true}) {
      const auto length = Fields(bytes, *layout, swapped).at<std::int32_t>(0);
      if (length == static_cast<std::int32_t>(layout->bytes)) {
        header.version = layout->version;
        header.byte_swapped = swapped;
        if (bytes.size() < layout->bytes + 4) {
          refuse(path,
                 fmt::format("the file ends inside its header, after {} bytes", bytes.size()),
                 fmt::format("{} bytes", layout->bytes + 4));
        }
        return header;
      }
    }
  }
  refuse(path, "not a NIfTI file: its first number is no header length", "348 or 540");
}

void check_magic(std::span<const std::byte> bytes,
                 const Layout& layout,
                 const std::filesystem::path& path) {
  const char* const expected = layout.version == 1 ? "n+1" : "n+2";
  if (std::memcmp(bytes.data() + layout.magic, expected, 4) != 0) {
    std::string found(reinterpret_cast<const char*>(bytes.data() + layout.magic), 3);
    for (char& letter : found) {
      letter = letter >= ' ' && letter <= '~' ? letter : '?';
    }
    refuse(path,
           fmt::format("magic '{}' in the header", found),
           fmt::format("'{}': header and voxels in one file", expected),
           "convert .hdr/.img pairs to .nii.gz");
  }
}

void read_shape(const Fields& fields,
                const Layout& layout,
                NiftiHeader& header,
                const std::filesystem::path& path) {
  const std::int64_t axes = fields.size(layout.dim, 0);
  if (axes < 3 || axes > 7) {
    refuse(path, fmt::format("{} axes in the header", axes), "a volume of 3 axes");
  }
  std::array<std::int64_t, 3> xyz{};
  std::int64_t voxels = 1;
  for (std::size_t axis = 1; axis <= static_cast<std::size_t>(axes); ++axis) {
    const std::int64_t length = fields.size(layout.dim, axis);
    if (length < 1 || length > kMaxVoxels / voxels) {
      refuse(path,
             fmt::format("axis {} has length {}", axis, length),
             "at least 1, 2^33 voxels in all");
    }
    voxels *= length;
    if (axis > 3 && length != 1) {
      refuse(path,
             fmt::format("axis {} has length {}: several volumes in one file", axis, length),
             "one volume",
             "split it into one file per modality");
    }
    if (axis <= 3) {
      xyz[axis - 1] = length;
    }
  }
  header.geometry.shape = {xyz[2], xyz[1], xyz[0]};
  if (axes > 3) {
    header.special = kMoreAxes;
  }
}

void read_type(const Fields& fields,
               const Layout& layout,
               NiftiHeader& header,
               const std::filesystem::path& path) {
  const int code = fields.at<std::int16_t>(layout.datatype);
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeRow& known) {
    return static_cast<int>(known.type) == code;
  });
  if (row == std::end(kTypes)) {
    refuse(path,
           fmt::format("voxel type code {} in the header", code),
           "integers of 8 to 64 bits, float32, float64",
           "convert the file, e.g. to int16");
  }
  const auto bits = fields.at<std::int16_t>(layout.bitpix);
  if (bits != row->bytes * 8) {
    refuse(path,
           fmt::format("{} bits per voxel in the header of a {} volume", bits, row->name),
           fmt::format("{}", row->bytes * 8));
  }
  header.type = row->type;
}

void read_data_place(const Fields& fields,
                     const Layout& layout,
                     NiftiHeader& header,
                     const std::filesystem::path& path) {
  const double offset = fields.first() ? fields.real(layout.vox_offset)
                                       : static_cast<double>(fields.size(layout.vox_offset, 0));
  const auto least = static_cast<double>(layout.bytes + 4);
  if (!(offset >= least) || offset > 1e9 || offset != std::floor(offset)) {
    refuse(path,
           fmt::format("the voxels begin at byte {} by the header", offset),
           fmt::format("a whole number from {}", least));
  }
  header.data_offset = static_cast<std::int64_t>(offset);
  const double slope = fields.real(layout.slope);
  const double intercept = fields.real(layout.intercept);
  // By the standard a slope of 0 means: not scaled.
  if (std::isfinite(slope) && slope != 0) {
    header.slope = slope;
    header.intercept = std::isfinite(intercept) ? intercept : 0;
  }
}

NiftiForms read_forms(const Fields& fields, const Layout& layout) {
  NiftiForms forms;
  forms.qform_code = fields.code(layout.qform_code);
  forms.sform_code = fields.code(layout.sform_code);
  forms.units = fields.units();
  for (std::size_t i = 0; i < 4; ++i) {
    forms.pixdim[i] = fields.real(layout.pixdim, i);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    forms.quatern[i] = fields.real(layout.quatern, i);
    forms.qoffset[i] = fields.real(layout.qoffset, i);
  }
  for (std::size_t i = 0; i < 12; ++i) {
    forms.srow[i] = fields.real(layout.srow, i);
  }
  return forms;
}

}  // namespace

const char* voxel_type_name(VoxelType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) {
      return row.name;
    }
  }
  return "unknown";
}

std::int64_t bytes_per_voxel(VoxelType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) {
      return row.bytes;
    }
  }
  return 0;
}

NiftiHeader parse_nifti_header(std::span<const std::byte> bytes,
                               const std::filesystem::path& path) {
  NiftiHeader header = identify(bytes, path);
  const Layout& layout = header.version == 1 ? kLayout1 : kLayout2;
  check_magic(bytes, layout, path);
  const Fields fields(bytes, layout, header.byte_swapped);
  read_shape(fields, layout, header, path);
  read_type(fields, layout, header, path);
  read_data_place(fields, layout, header, path);
  const NiftiForms forms = read_forms(fields, layout);
  for (std::size_t i = 1; i < 4; ++i) {
    // Beyond these no scanner sees, and float32, in which grids are written, soon cannot say.
    constexpr double kSmallest = 1e-9;
    constexpr double kLargest = 1e9;
    if (!(forms.pixdim[i] >= kSmallest && forms.pixdim[i] <= kLargest)) {
      refuse(path,
             fmt::format("voxel size {} along axis {}", forms.pixdim[i], i),
             forms.pixdim[i] > 0 ? "1e-9 to 1e9" : "above 0 mm");
    }
  }
  if (!finite_forms(forms)) {
    refuse(path,
           "the qform or sform holds a number that is not finite or beyond all places",
           "numbers up to 1e12");
  }
  if (header.special.empty()) {
    const GridPlacement placement = place_grid(forms, header.geometry);
    header.special = placement.special;
    header.note = placement.note;
  }
  return header;
}

}  // namespace yates::io
