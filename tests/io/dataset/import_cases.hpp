// SPDX-License-Identifier: Apache-2.0
// Three raw cases to import.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "io/dataset/import.hpp"
#include "io/shard/manifest.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/raw_cases.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {

/// Three whole cases a, b, c in raw/; imports go to out/.
class ImportCases : public ::testing::Test {
 protected:
  ImportCases() {
    int seed = 0;
    for (const char* id : {"a", "b", "c"}) {
      testing::write_raw_case(raw(), id, seed++);
    }
  }
  [[nodiscard]] std::filesystem::path raw() const { return folder_ / "raw"; }
  [[nodiscard]] std::filesystem::path out() const { return folder_ / "out"; }
  [[nodiscard]] ImportOptions options() const {
    return {.in = raw(), .out = out(), .jobs = 2, .cases_per_shard = 2};
  }
  /// The import must be refused with these words and leave no data set.
  void refused(const std::vector<std::string>& words) const {
    testing::expect_error(ExitCode::BadData, words, [&] { import_cases(options()); });
    EXPECT_FALSE(std::filesystem::exists(manifest_path(out())));
  }
  [[nodiscard]] std::vector<std::string> files_in_out() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(out())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  testing::TemporaryDirectory folder_;
};

}  // namespace yates::io
