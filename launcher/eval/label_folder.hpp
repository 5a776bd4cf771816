// SPDX-License-Identifier: Apache-2.0
// Finds the label maps of a folder, whoever wrote it: flat files or BraTS case folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace yates::eval {

/// What `yates predict` leaves beside its label maps: {"schema", "made_with", "cases": [ids]}.
inline constexpr const char* kPredictionsFile = "predictions.json";

/// Folders beside the label maps that hold something else: probabilities, regions of interest, what
/// half precision changed.
inline constexpr const char* kProbabilitiesDir = "probabilities";
inline constexpr const char* kRoiDir = "roi";
inline constexpr const char* kHalfDir = "reference_half";

struct LabelFile {
  std::string case_id;
  std::filesystem::path path;
};

/// What a folder holds, sorted by case id.
struct LabelFolder {
  std::filesystem::path dir;
  std::vector<LabelFile> files;
  std::vector<Problem> problems;  ///< Two files of one case, case folders without a label map.
};

/// Looks for `<case>.nii.gz`, `<case>-seg.nii.gz` and `<case>/<case>-seg.nii.gz` (also without .gz,
/// and with _seg). Images of the four modalities, hidden files and other formats are passed over.
/// `what` names the folder's role in messages. Throws Error{InputMissing} if `dir` is no folder.
LabelFolder find_label_maps(const std::filesystem::path& dir, const std::string& what);

}  // namespace yates::eval
