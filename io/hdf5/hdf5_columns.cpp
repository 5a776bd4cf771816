// SPDX-License-Identifier: Apache-2.0
// Columns of tables as one-dimensional datasets.
#include <algorithm>

#include "io/hdf5/creation.hpp"
#include "io/hdf5/handle.hpp"
#include "io/hdf5/hdf5_file.hpp"

namespace yates::io {
namespace {

using hdf5::checked;
using hdf5::Handle;

void write_values(hid_t file,
                  const std::string& name,
                  hid_t stored,
                  hid_t memory,
                  std::size_t count,
                  const void* values,
                  const std::string& where) {
  const std::int64_t shape[] = {static_cast<std::int64_t>(count)};
  const Handle space = hdf5::simple_space(shape, where);
  const Handle properties = hdf5::creation_properties(H5P_DATASET_CREATE, where);
  const Handle dataset(
      checked(
          H5Dcreate2(
              file, name.c_str(), stored, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
          ExitCode::Io,
          "cannot create the dataset",
          where),
      H5Dclose);
  checked(H5Dwrite(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
          ExitCode::Io,
          "writing failed",
          where);
}

}  // namespace

void Hdf5File::write_column(const std::string& name, std::span<const double> values) {
  const hdf5::Lock lock;
  write_values(id_,
               name,
               H5T_IEEE_F64LE,
               H5T_NATIVE_DOUBLE,
               values.size(),
               values.data(),
               hdf5::object_place(path_, name));
}

void Hdf5File::write_column(const std::string& name, std::span<const std::int64_t> values) {
  const hdf5::Lock lock;
  write_values(id_,
               name,
               H5T_STD_I64LE,
               H5T_NATIVE_INT64,
               values.size(),
               values.data(),
               hdf5::object_place(path_, name));
}

void Hdf5File::write_column(const std::string& name, std::span<const std::string> values) {
  const hdf5::Lock lock;
  std::size_t width = 1;
  for (const std::string& value : values) {
    width = std::max(width, value.size());
  }
  std::string block;
  for (const std::string& value : values) {
    block += value + std::string(width - value.size(), '\0');
  }
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), width);
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  write_values(id_,
               name,
               type.id(),
               type.id(),
               values.size(),
               block.data(),
               hdf5::object_place(path_, name));
}

}  // namespace yates::io
