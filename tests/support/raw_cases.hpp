// SPDX-License-Identifier: Apache-2.0
// Small folders in BraTS layout for tests of the import, whole or with one defect.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "tests/support/nifti_bytes.hpp"

namespace yates::testing {

inline constexpr std::array<std::int16_t, 3> kRawShape = {9, 8, 7};  ///< x, y, z.
inline constexpr std::size_t kRawVoxels = 9 * 8 * 7;

/// Counts of modality `part` (0..3) of case number `seed`: 0 outside the box x 2..6, y 1..5,
/// z 1..4.
inline std::vector<std::int16_t> raw_counts(int part, int seed) {
  std::vector<std::int16_t> counts(kRawVoxels);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::size_t x = i % 9;
    const std::size_t y = i / 9 % 8;
    const std::size_t z = i / 72;
    if (x >= 2 && x < 7 && y >= 1 && y < 6 && z >= 1 && z < 5) {
      counts[i] = static_cast<std::int16_t>(100 * (part + 1) + seed + static_cast<int>(i % 13));
    }
  }
  return counts;
}

/// Labels 0..3 inside the same box.
inline std::vector<std::uint8_t> raw_labels() {
  const std::vector<std::int16_t> counts = raw_counts(0, 0);
  std::vector<std::uint8_t> labels(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    labels[i] = counts[i] == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(i % 4);
  }
  return labels;
}

inline std::filesystem::path raw_path(const std::filesystem::path& dir,
                                      const std::string& id,
                                      const std::string& part,
                                      const std::string& ending = ".nii.gz") {
  return dir / id / (id + "-" + part + ending);
}

/// Writes one whole case.
inline void write_raw_case(const std::filesystem::path& dir, const std::string& id, int seed = 0) {
  make_directories(dir / id);
  int part = 0;
  for (const char* name : {"t2w", "t2f", "t1n", "t1c"}) {
    NiftiBytes(kRawShape, 4, raw_counts(part++, seed)).write(raw_path(dir, id, name));
  }
  NiftiBytes(kRawShape, 2, raw_labels()).write(raw_path(dir, id, "seg"));
}

}  // namespace yates::testing
