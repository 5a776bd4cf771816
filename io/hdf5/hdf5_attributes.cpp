// SPDX-License-Identifier: Apache-2.0
// Attributes of objects.
#include "io/hdf5/creation.hpp"
#include "io/hdf5/handle.hpp"
#include "io/hdf5/hdf5_file.hpp"

namespace yates::io {
namespace {

using hdf5::checked;
using hdf5::Handle;
using hdf5::Lock;
using hdf5::object_place;

/// Writes an attribute of `count` elements.
void put_attribute(hid_t file,
                   const std::string& object,
                   const std::string& key,
                   hid_t stored,
                   hid_t memory,
                   std::int64_t count,
                   const void* values,
                   const std::string& where) {
  const Handle owner(
      checked(H5Oopen(file, object.c_str(), H5P_DEFAULT), ExitCode::Io, "no such object", where),
      H5Oclose);
  const std::int64_t shape[] = {count};
  const Handle space = hdf5::simple_space(shape, where);
  const Handle attribute(
      checked(H5Acreate2(owner.id(), key.c_str(), stored, space.id(), H5P_DEFAULT, H5P_DEFAULT),
              ExitCode::Io,
              "cannot create the attribute " + key,
              where),
      H5Aclose);
  checked(H5Awrite(attribute.id(), memory, values),
          ExitCode::Io,
          "cannot write the attribute " + key,
          where);
}

/// Reads an attribute of numbers, converted to `memory`.
template <typename T>
std::vector<T> get_attribute(hid_t file,
                             const std::string& object,
                             const std::string& key,
                             hid_t memory,
                             const std::string& where) {
  const Handle attribute(
      checked(H5Aopen_by_name(file, object.c_str(), key.c_str(), H5P_DEFAULT, H5P_DEFAULT),
              ExitCode::BadData,
              "the attribute " + key + " is missing",
              where),
      H5Aclose);
  const Handle space(
      checked(H5Aget_space(attribute.id()), ExitCode::BadData, "no data space", where), H5Sclose);
  const hssize_t count =
      checked(H5Sget_simple_extent_npoints(space.id()), ExitCode::BadData, "no extent", where);
  constexpr hssize_t kMost = 1024;
  if (count > kMost) {
    hdf5::fail(ExitCode::BadData, "the attribute " + key + " is too long", where);
  }
  std::vector<T> values(static_cast<std::size_t>(count));
  checked(H5Aread(attribute.id(), memory, values.data()),
          ExitCode::BadData,
          "cannot read the attribute " + key,
          where);
  return values;
}

}  // namespace

void Hdf5File::write_attribute(const std::string& name,
                               const std::string& key,
                               std::span<const double> v) {
  const Lock lock;
  put_attribute(id_,
                name,
                key,
                H5T_IEEE_F64LE,
                H5T_NATIVE_DOUBLE,
                static_cast<std::int64_t>(v.size()),
                v.data(),
                object_place(path_, name));
}

void Hdf5File::write_attribute(const std::string& name,
                               const std::string& key,
                               std::span<const std::int64_t> v) {
  const Lock lock;
  put_attribute(id_,
                name,
                key,
                H5T_STD_I64LE,
                H5T_NATIVE_INT64,
                static_cast<std::int64_t>(v.size()),
                v.data(),
                object_place(path_, name));
}

void Hdf5File::write_attribute(const std::string& name,
                               const std::string& key,
                               const std::string& text) {
  const Lock lock;
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), text.size() + 1);
  put_attribute(id_, name, key, type.id(), type.id(), 1, text.c_str(), object_place(path_, name));
}

std::vector<double> Hdf5File::read_numbers(const std::string& name, const std::string& key) const {
  const Lock lock;
  return get_attribute<double>(id_, name, key, H5T_NATIVE_DOUBLE, object_place(path_, name));
}

std::vector<std::int64_t> Hdf5File::read_integers(const std::string& name,
                                                  const std::string& key) const {
  const Lock lock;
  return get_attribute<std::int64_t>(id_, name, key, H5T_NATIVE_INT64, object_place(path_, name));
}

}  // namespace yates::io
