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

RawCases::RawCases(std::int64_t cases) {
  std::string pattern = (std::filesystem::temp_directory_path() / "yates-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw_system_error("cannot create a temporary folder", pattern, errno);
  }
  folder_ = pattern;
  if (cases > 0) {
    io::write_phantom_set(path(), {.phantom = {.seed = 1}, .cases = cases});
  }
}

RawCases::~RawCases() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

BenchDataSet::BenchDataSet(std::int64_t cases) : raw_(cases) {
  manifest_ = io::import_cases({.in = raw_.path(), .out = shards()}).manifest;
  std::filesystem::remove_all(raw_.path());
}

}  // namespace yates::cli
