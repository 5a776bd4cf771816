// SPDX-License-Identifier: Apache-2.0
#include "io/hdf5/hdf5_file.hpp"

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "io/hdf5/creation.hpp"
#include "io/hdf5/handle.hpp"

namespace yates::io {
namespace {

using hdf5::checked;
using hdf5::creation_properties;
using hdf5::Handle;
using hdf5::Lock;
using hdf5::object_place;

constexpr hid_t kClosed = -1;
/// Datasets of this size and more begin at multiples of the alignment, so that reads by offset are
/// aligned too.
constexpr hsize_t kAlignFrom = hsize_t{64} * 1024;
constexpr hsize_t kAlignment = 4096;

hid_t file_type(ElementType type) {
  switch (type) {
    case ElementType::UInt8: return H5T_STD_U8LE;
    case ElementType::Int16: return H5T_STD_I16LE;
    default: return H5T_IEEE_F32LE;
  }
}

Handle access_properties(const std::string& where) {
  Handle properties(
      checked(H5Pcreate(H5P_FILE_ACCESS), ExitCode::Internal, "no property list", where), H5Pclose);
  H5Pset_libver_bounds(properties.id(), H5F_LIBVER_V18, H5F_LIBVER_V110);
  H5Pset_alignment(properties.id(), kAlignFrom, kAlignment);
  H5Pset_fclose_degree(properties.id(), H5F_CLOSE_STRONG);
  return properties;
}

ElementType element_type(hid_t type, const std::string& where) {
  for (const ElementType known : {ElementType::UInt8, ElementType::Int16, ElementType::Float32}) {
    if (H5Tequal(type, file_type(known)) > 0) {
      return known;
    }
  }
  hdf5::fail(ExitCode::BadData, "elements are neither uint8, int16 nor float32", where);
}

herr_t collect_group(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

std::int64_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::UInt8: return 1;
    case ElementType::Int16: return 2;
    default: return 4;
  }
}

Hdf5File::Hdf5File(std::int64_t id, std::filesystem::path path) : id_(id), path_(std::move(path)) {}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : id_(std::exchange(other.id_, kClosed)), path_(std::move(other.path_)) {}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(path_, other.path_);
  return *this;
}

Hdf5File::~Hdf5File() {
  if (id_ != kClosed) {
    const Lock lock;
    H5Fclose(id_);
  }
}

Hdf5File Hdf5File::create(const std::filesystem::path& path) {
  const Lock lock;
  const Handle access = access_properties(path.string());
  const Handle creation = creation_properties(H5P_FILE_CREATE, path.string());
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id());
  return {checked(id, ExitCode::Io, "cannot create the file", path.string()), path};
}

Hdf5File Hdf5File::open(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) {
    const InputFile missing(path);  // Throws, with what is wrong.
  }
  const Lock lock;
  const Handle access = access_properties(path.string());
  H5Pset_file_locking(access.id(), false, true);
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id());
  return {checked(id, ExitCode::BadData, "not a whole HDF5 file", path.string()), path};
}

std::vector<std::string> Hdf5File::groups() const {
  const Lock lock;
  std::vector<std::string> names;
  checked(H5Literate(id_, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_group, &names),
          ExitCode::BadData,
          "cannot list the groups",
          path_.string());
  std::sort(names.begin(), names.end());
  return names;
}

void Hdf5File::create_group(const std::string& name) {
  const Lock lock;
  const std::string where = object_place(path_, name);
  const Handle properties = creation_properties(H5P_GROUP_CREATE, where);
  const Handle group(
      checked(H5Gcreate2(id_, name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
              ExitCode::Io,
              "cannot create the group",
              where),
      H5Gclose);
}

void Hdf5File::write_dataset(const std::string& name,
                             ElementType type,
                             std::span<const std::int64_t> shape,
                             std::span<const std::byte> elements) {
  const Lock lock;
  const std::string where = object_place(path_, name);
  const Handle space = hdf5::simple_space(shape, where);
  const Handle properties = creation_properties(H5P_DATASET_CREATE, where);
  H5Pset_layout(properties.id(), H5D_CONTIGUOUS);
  H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER);
  const Handle dataset(checked(H5Dcreate2(id_,
                                          name.c_str(),
                                          file_type(type),
                                          space.id(),
                                          H5P_DEFAULT,
                                          properties.id(),
                                          H5P_DEFAULT),
                               ExitCode::Io,
                               "cannot create the dataset",
                               where),
                       H5Dclose);
  YATES_ASSERT(static_cast<hssize_t>(elements.size()) ==
                   H5Sget_simple_extent_npoints(space.id()) * element_bytes(type),
               "{} bytes for {}",
               elements.size(),
               name);
  checked(H5Dwrite(dataset.id(), file_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()),
          ExitCode::Io,
          "writing failed",
          where);
}

DatasetPlace Hdf5File::find_dataset(const std::string& name) const {
  const Lock lock;
  const std::string where = object_place(path_, name);
  const Handle dataset(
      checked(
          H5Dopen2(id_, name.c_str(), H5P_DEFAULT), ExitCode::BadData, "no such dataset", where),
      H5Dclose);
  const Handle space(checked(H5Dget_space(dataset.id()), ExitCode::BadData, "no extent", where),
                     H5Sclose);
  const Handle type(checked(H5Dget_type(dataset.id()), ExitCode::BadData, "no type", where),
                    H5Tclose);
  DatasetPlace found;
  found.type = element_type(type.id(), where);
  const int rank =
      checked(H5Sget_simple_extent_ndims(space.id()), ExitCode::BadData, "no extent", where);
  std::vector<hsize_t> size(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), size.data(), nullptr);
  found.shape.assign(size.begin(), size.end());
  const haddr_t offset = H5Dget_offset(dataset.id());
  if (offset == HADDR_UNDEF) {
    hdf5::fail(ExitCode::BadData, "the dataset is not contiguous", where);
  }
  found.offset = static_cast<std::int64_t>(offset);
  return found;
}

void Hdf5File::close() {
  const Lock lock;
  checked(H5Fclose(std::exchange(id_, kClosed)), ExitCode::Io, "closing failed", path_.string());
}

}  // namespace yates::io
