// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/plan_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace yates::campaign {

Json read_plan_json(const std::filesystem::path& path) {
  Json json = read_json(path);
  const std::string origin = path.string();
  if (json.is_object() && !json.contains("arms")) {
    json["arms"] = Json::array();
  }
  for (const char* list : {"arms", "runs"}) {
    for (const Json& item : json_get<std::vector<Json>>(json, list, origin)) {
      (void)json_get<std::string>(item, "id", origin);
    }
  }
  for (const Json& run : json.at("runs")) {
    (void)json_get<std::string>(run, "arm", origin);
    (void)json_get<std::int64_t>(run, "seed", origin);
  }
  return json;
}

}  // namespace yates::campaign
