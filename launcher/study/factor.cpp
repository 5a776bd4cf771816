// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/factor.hpp"

#include <algorithm>

namespace yates::study {

std::optional<std::size_t> find_level(const Factor& factor, std::string_view level) {
  const auto found = std::find(factor.levels.begin(), factor.levels.end(), level);
  if (found == factor.levels.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - factor.levels.begin());
}

std::optional<std::size_t> find_factor(const std::vector<Factor>& factors, std::string_view name) {
  const auto found = std::find_if(
      factors.begin(), factors.end(), [&](const Factor& factor) { return factor.name == name; });
  if (found == factors.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - factors.begin());
}

}  // namespace yates::study
