// SPDX-License-Identifier: Apache-2.0
// The five files of a case as they are read: whole, on one grid, with known labels.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "io/dataset/case_folder.hpp"
#include "io/image/image.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {

/// How a label map numbers the enhancing tumour.
enum class LabelConvention {
  Brats2023,  ///< Labels 0..3.
  Brats2021,  ///< Label 4 becomes 3; a map with both is refused.
};

/// What was read of a case; nothing stands for a file that could not be read.
struct CaseSources {
  std::array<std::optional<Image>, kModalityNames.size()> images;
  std::optional<LabelMap> labels;  ///< 0..3.
};

/// Reads the files and checks that values are finite, that all have one grid, and that labels are
/// known. Everything was read if `problems` gets nothing. Problems name case, modality and cause. A
/// file system that fails is none of the case's: Throws Error{Io}.
CaseSources read_sources(const CaseFiles& files,
                         LabelConvention convention,
                         std::vector<Problem>& problems);

}  // namespace yates::io
