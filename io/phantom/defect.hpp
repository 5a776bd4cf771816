// SPDX-License-Identifier: Apache-2.0
// Faults and oddities as real data sets have them, put into a synthetic case on purpose: the import
// must take, convert, warn of or refuse each as io/dataset/FORMAT.md says.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace yates::io {

/// What `yates data import` does with a case that has the defect.
enum class DefectOutcome {
  Taken,      ///< Stored exactly as the whole case would be.
  Converted,  ///< Stored as float32 instead of int16.
  Warned,     ///< Stored, with a warning.
  Refused     ///< Not stored; the message names case and cause.
};

struct Defect {
  const char* name;  ///< "truncated-gzip"
  const char* what;  ///< What is wrong, in a few words.
  DefectOutcome outcome;
  const char* words;  ///< Part of the message; empty where there is none.
};

/// All defects there are, in the order of FORMAT.md's table.
std::span<const Defect> defects();

/// Throws Error{Usage} listing the names unless `name` is one.
void check_defect(std::string_view name);

/// Puts a defect into the case `id` that lies whole, with all modalities and labels, in `folder`.
/// Throws as check_defect.
void inject_defect(const std::filesystem::path& folder,
                   const std::string& id,
                   std::string_view name);

}  // namespace yates::io
