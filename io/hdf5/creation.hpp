// SPDX-License-Identifier: Apache-2.0
// What creating an object in an HDF5 file takes. Private to io/hdf5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "io/hdf5/handle.hpp"

namespace yates::io::hdf5 {

/// An object of a file, for messages.
std::string object_place(const std::filesystem::path& path, const std::string& object);

/// Properties for creating an object of the class without times of day: equal input gives equal
/// bytes.
Handle creation_properties(hid_t property_class, const std::string& where);

/// A data space of these extents.
Handle simple_space(std::span<const std::int64_t> shape, const std::string& where);

}  // namespace yates::io::hdf5
