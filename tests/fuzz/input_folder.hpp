// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: a folder for their input, and what counts as a refusal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::fuzz {

/// The input as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A folder of this process; it lives until the process ends.
inline const std::filesystem::path& folder() {
  static const testing::TemporaryDirectory directory;
  return directory.path();
}

/// Writes `name` in the folder of this process. Not synced: a fuzzer writes thousands a second.
inline std::filesystem::path put_file(const std::string& name, std::string_view content) {
  const std::filesystem::path path = folder() / name;
  std::filesystem::create_directories(path.parent_path());
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(content.data(), 1, content.size(), file) != content.size() ||
      std::fclose(file) != 0) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    std::abort();
  }
  return path;
}

/// Ends the process with a line for the finder: the property of a target does not hold.
inline void must(bool holds, const char* property) {
  if (!holds) {
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
  }
}

/// Calls `read`; true if it returned, false if it threw an Error about the input. Anything else,
/// such as a broken assertion of ours or another exception, ends the process.
template <typename Read>
bool accepted(Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    if (error.code() == ExitCode::Internal) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    must(error.code() != ExitCode::Internal, "a wrong input is no bug of ours");
    return false;
  }
}

}  // namespace yates::fuzz
