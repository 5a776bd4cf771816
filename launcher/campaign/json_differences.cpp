// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/json_differences.hpp"

#include <fmt/format.h>

namespace yates::campaign {
namespace {

void collect_differences(const Json& before,
                         const Json& after,
                         const std::string& path,
                         std::vector<std::string>& lines) {
  if (before == after) {
    return;
  }
  if (!before.is_object() || !after.is_object()) {
    lines.push_back(fmt::format("{}: planned {}, now {}",
                                path,
                                before.is_null() ? "nothing" : before.dump(),
                                after.is_null() ? "nothing" : after.dump()));
    return;
  }
  for (const auto& [key, value] : before.items()) {
    const std::string place = path.empty() ? key : path + ", " + key;
    if (path.empty() && !after.contains(key)) {
      lines.push_back(key + ": no longer in the study");
    } else {
      collect_differences(value, after.value(key, Json()), place, lines);
    }
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) {
      lines.push_back(
          path.empty() ? key + ": not in the plan"
                       : fmt::format("{}, {}: planned nothing, now {}", path, key, value.dump()));
    }
  }
}

}  // namespace

std::vector<std::string> json_differences(const Json& before, const Json& after) {
  std::vector<std::string> lines;
  collect_differences(before, after, "", lines);
  return lines;
}

}  // namespace yates::campaign
