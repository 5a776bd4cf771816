// SPDX-License-Identifier: Apache-2.0
// Which cases train, which validate and which test: split.json. All cases of a patient stay
// together.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/shard/manifest.hpp"

namespace yates::io {

struct Split {
  std::int64_t seed = 0;
  std::vector<std::string> train;  ///< Case ids, sorted; likewise below.
  std::vector<std::string> validation;
  std::vector<std::string> test;
  std::string sha256;  ///< Of the three lists; see `split_digest`.
  /// Patients with cases in the given test list and elsewhere; empty for a drawn split.
  std::vector<std::string> patients_on_both_sides;
};

struct SplitOptions {
  std::int64_t seed = 1;
  std::array<double, 3> ratios = {0.7, 0.1, 0.2};  ///< Train, validation, test; they sum to 1.
  /// If not empty: exactly the test cases; the first two ratios share the rest.
  std::vector<std::string> test_list = {};
};

/// Draws a split. Patients are put in an order that depends on the seed and each patient's name
/// alone; then the parts are filled to the nearest number of cases. Every part with a ratio above 0
/// gets a patient while there are enough; train comes first, then test. Deterministic, whatever the
/// order of the cases. Throws Error{BadData} for test cases that do not exist, Error{Usage} for
/// impossible ratios.
Split make_split(const std::vector<CaseRecord>& cases, const SplitOptions& options);

/// SHA-256 of the lines "train ID", "validation ID", "test ID" in the order of the lists.
std::string split_digest(const Split& split);

/// Reads split.json. Throws Error{InputMissing}, or Error{BadData}: another schema, a missing list,
/// a case listed twice, a digest that does not fit the lists.
Split read_split(const std::filesystem::path& path);

/// Publishes split.json. Throws Error{Io}.
void write_split(const std::filesystem::path& path, const Split& split);

/// Reads case ids, one per line; blank lines and lines starting with # are skipped. Throws
/// Error{InputMissing}, or Error{BadData} if there are none.
std::vector<std::string> read_id_list(const std::filesystem::path& path);

}  // namespace yates::io
