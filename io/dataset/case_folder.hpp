// SPDX-License-Identifier: Apache-2.0
// Finds the cases of a folder in BraTS layout: DIR/CASE/CASE-t2w.nii.gz, -t2f, -t1n, -t1c, -seg.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace yates::io {

/// The files of one case.
struct CaseFiles {
  std::string id;                                 ///< Name of its folder.
  std::array<std::filesystem::path, 4> modality;  ///< Order of kModalityNames; empty if missing.
  std::filesystem::path labels;                   ///< Empty if missing.
  std::vector<Problem> problems;                  ///< Missing and ambiguous files, unusable name.

  /// All five paths, labels last.
  [[nodiscard]] std::array<std::filesystem::path, 5> all() const {
    return {modality[0], modality[1], modality[2], modality[3], labels};
  }
};

struct CaseListing {
  std::vector<CaseFiles> cases;       ///< Sorted by id.
  std::vector<std::string> warnings;  ///< Folders and files that were left out.
};

/// Lists the cases of `dir`. A file belongs to a case by its suffix behind the folder's name and a
/// - or _: t2w t2f t1n t1c seg, or the older t2, flair, t1, t1ce; .nii or .nii.gz. Folders without
/// any such file are left out with a warning unless they are empty or named BraTS*. Throws
/// Error{InputMissing} if there is no such folder, Error{BadData} if it holds no case.
CaseListing list_cases(const std::filesystem::path& dir);

}  // namespace yates::io
