// SPDX-License-Identifier: Apache-2.0
// From the five files of a case to what a shard stores: checked, cropped, measured.
// Source: SegMamba-V2, MultiModalityPreprocessor.run_case (crop and statistics).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/dataset/case_folder.hpp"
#include "io/dataset/case_sources.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

struct PreparedCase {
  CaseRecord record;                 ///< Complete but for shard and checksums.
  std::vector<std::byte> image;      ///< (4, D, H, W) int16 or float32, as the record says.
  std::vector<std::uint8_t> labels;  ///< (D, H, W), 0..3.
  std::vector<std::string> warnings;
  std::vector<Problem> problems;  ///< Why the case is refused; nothing else is valid then.
};

/// Reads, checks and crops one case to the box of voxels that are not 0 in every modality. int16 if
/// all four modalities are whole numbers of that range, else float32. Mean and population standard
/// deviation are those of the box, in double. Problems name case, modality and cause; they are
/// collected, not thrown. Deterministic.
PreparedCase prepare_case(const CaseFiles& files, LabelConvention convention);

}  // namespace yates::io
