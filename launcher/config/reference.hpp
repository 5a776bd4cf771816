// SPDX-License-Identifier: Apache-2.0
// The configuration reference, printed from the tables that check the files.
#pragma once

#include <string>

#include "base/json.hpp"

namespace yates::config {

/// Every key of run and study files for people: default, what is accepted, unit, meaning.
std::string reference_text();

/// The same for programs: {"schema", "run": [{"key", "type", "unit", "allowed", "default",
/// "meaning", "role"}], "study": [...]}; `default` is the YAML text, null where a key must be given
/// or may stay away.
Json reference_json();

}  // namespace yates::config
