// SPDX-License-Identifier: Apache-2.0
#include "io/hdf5/creation.hpp"

#include <cstdint>
#include <vector>

namespace yates::io::hdf5 {

std::string object_place(const std::filesystem::path& path, const std::string& object) {
  return path.string() + ": " + object;
}

Handle creation_properties(hid_t property_class, const std::string& where) {
  Handle properties(
      checked(H5Pcreate(property_class), ExitCode::Internal, "no property list", where), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  return properties;
}

Handle simple_space(std::span<const std::int64_t> shape, const std::string& where) {
  const std::vector<hsize_t> size(shape.begin(), shape.end());
  return {checked(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr),
                  ExitCode::Internal,
                  "no data space",
                  where),
          H5Sclose};
}

}  // namespace yates::io::hdf5
