// SPDX-License-Identifier: Apache-2.0
// What a report was made from. Nothing here depends on time or place, so that equal inputs give
// equal bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace yates::report {

struct Provenance {
  std::string title;    ///< The study's name, or the table's file name.
  std::string version;  ///< Of yates, with the git description.
  std::vector<std::pair<std::string, std::string>> inputs;  ///< File name, SHA-256.
  std::vector<std::string> stamps =
      {};                       ///< Amendments, exploratory looks: shown on the first page.
  bool of_study = false;        ///< A study file declared the analysis.
  bool exploratory = false;     ///< Asked for where the study's rules forbid an analysis.
  Json registration = nullptr;  ///< Hash, date, amendments; null without a registration.
};

}  // namespace yates::report
