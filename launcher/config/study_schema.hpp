// SPDX-License-Identifier: Apache-2.0
// The keys of a study file: what each section may hold, for the check and for the reference.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yates::config {

struct StudyKey {
  std::string section;  ///< "" for the top level; "analysis.primary" ...
  std::string name;
  std::string accepted;       ///< Type and range, in words.
  std::string default_value;  ///< YAML text; empty where there is none.
  bool required = false;
  std::string meaning;

  [[nodiscard]] std::string full_name() const {
    return section.empty() ? name : section + "." + name;
  }
};

/// All keys, in the order of the file.
std::span<const StudyKey> study_schema();

/// The names of the keys of one section.
std::vector<std::string> study_keys(std::string_view section);

}  // namespace yates::config
