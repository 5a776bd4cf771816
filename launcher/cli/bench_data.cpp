// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/bench_data.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <system_error>

#include "base/error.hpp"
#include "io/dataset/import.hpp"
#include "io/phantom/phantom_set.hpp"

namespace yates::cli {

BenchDataSet::BenchDataSet(std::int64_t cases) {
  std::string pattern = (std::filesystem::temp_directory_path() / "yates-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw_system_error("cannot create a temporary folder", pattern, errno);
  }
  folder_ = pattern;
  io::write_phantom_set(folder_ / "raw", {.phantom = {.seed = 1}, .cases = cases});
  manifest_ = io::import_cases({.in = folder_ / "raw", .out = shards()}).manifest;
  std::filesystem::remove_all(folder_ / "raw");
}

BenchDataSet::~BenchDataSet() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace yates::cli
