// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/lost_work.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::campaign {
namespace {

using Path = std::filesystem::path;

/// Step of the newest checkpoints/step-N.safetensors; 0 if there is none.
std::int64_t saved_step(const Path& run_directory) {
  std::int64_t newest = 0;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(run_directory / "checkpoints", ignored)) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("step-") && entry.path().extension() == ".safetensors") {
      const std::size_t digits = std::min(name.find_first_not_of('0', 5), name.size() - 1);
      newest = std::max(newest, parse_integer(name.substr(digits)).value_or(0));
    }
  }
  return newest;
}

/// Step of the last whole line of metrics.jsonl.
std::int64_t reached_step(const Path& run_directory) {
  constexpr std::streamoff kTail = 8192;
  std::ifstream file(run_directory / "metrics.jsonl", std::ios::binary);
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(size - kTail, 0));
  std::int64_t last = 0;
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("step") && json["step"].is_number_integer()) {
      last = json["step"].get<std::int64_t>();
    }
  }
  return last;
}

/// Step from which the newest attempt went on.
std::optional<std::int64_t> first_step(const Path& run_directory) {
  Path newest;
  for (const auto& entry : std::filesystem::directory_iterator(run_directory / "attempts")) {
    if (std::filesystem::exists(entry.path() / "start.json")) {
      newest = std::max(newest, entry.path() / "start.json");
    }
  }
  return newest.empty()
             ? std::nullopt
             : std::optional(json_get<std::int64_t>(read_json(newest), "step", newest.string()));
}

}  // namespace

double lost_share(const Path& run_directory) noexcept {
  try {
    const std::optional<std::int64_t> first = first_step(run_directory);
    const std::int64_t reached = reached_step(run_directory);
    if (!first || *first < 0 || reached <= *first) {
      return 1;
    }
    const std::int64_t saved = std::clamp(saved_step(run_directory), *first, reached);
    return static_cast<double>(reached - saved) / static_cast<double>(reached - *first);
  } catch (const std::exception&) {
    return 1;
  }
}

}  // namespace yates::campaign
