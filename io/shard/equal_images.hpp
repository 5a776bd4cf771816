// SPDX-License-Identifier: Apache-2.0
// The same image twice in a data set: a case under two ids, or a file copied over another.
#pragma once

#include <string>
#include <vector>

#include "io/shard/manifest.hpp"

namespace yates::io {

/// Images that are equal: of two cases in the same modality, or of one case in two modalities.
struct EqualImages {
  std::string first;
  std::string second;  ///< The same id where one case holds an image twice.
  std::vector<std::string> modalities;
  bool other_patient = false;  ///< A split may put the two on different sides.

  /// All modalities of two cases.
  [[nodiscard]] bool whole() const { return first != second && modalities.size() == 4; }
  /// "cases a and b have the same images", "cases a and b share t1n", "case a: t1n and t1c are the
  /// same image".
  [[nodiscard]] std::string text() const;
};

/// All pairs, by content: box, mean, sd and CRC32C of the stored bytes. Constant images do not
/// count. A case with several equals is paired with the first of them by id. Deterministic.
std::vector<EqualImages> find_equal_images(const Manifest& manifest);

}  // namespace yates::io
