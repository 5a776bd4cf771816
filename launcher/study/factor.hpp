// SPDX-License-Identifier: Apache-2.0
// A design variable and its ordered levels. The first level is the low one (coded -1 with two).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yates::study {

struct Factor {
  std::string name;
  std::vector<std::string> levels;  ///< At least two, distinct, first = low.
};

/// Chosen levels of some or all factors: factor name -> level. A full one names one cell.
using Levels = std::map<std::string, std::string>;

/// Index of `level`, or nothing.
std::optional<std::size_t> find_level(const Factor& factor, std::string_view level);

/// Index of the factor called `name`, or nothing.
std::optional<std::size_t> find_factor(const std::vector<Factor>& factors, std::string_view name);

}  // namespace yates::study
