// SPDX-License-Identifier: Apache-2.0
// Names inside a shard; see FORMAT.md.
#pragma once

#include <string>

namespace yates::io::shard {

inline constexpr const char* kRoot = "/";
inline constexpr const char* kSchema = "yates_schema";
inline constexpr const char* kModalities = "modalities";
inline constexpr const char* kMean = "mean";
inline constexpr const char* kSd = "sd";
inline constexpr const char* kCrc32c = "crc32c";
inline constexpr const char* kCrop = "crop";
inline constexpr const char* kSourceShape = "source_shape";
inline constexpr const char* kSpacing = "spacing_mm";
inline constexpr const char* kOrigin = "origin";
inline constexpr const char* kDirection = "direction";

inline std::string image_path(const std::string& id) {
  return "/" + id + "/image";
}
inline std::string labels_path(const std::string& id) {
  return "/" + id + "/labels";
}

}  // namespace yates::io::shard
