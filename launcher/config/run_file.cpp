// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/run_file.hpp"

#include <algorithm>

#include "base/file.hpp"

namespace yates::config {
namespace {

/// In a resolved file the comment behind a value is its origin; it is kept when read again.
void keep_origins(const SourceText& source, std::vector<Assignment>& assignments) {
  if (!source.lines.front().starts_with(kResolvedTitle)) {
    return;
  }
  for (Assignment& assignment : assignments) {
    const auto& line = source.lines[static_cast<std::size_t>(assignment.value.place.line)];
    const std::size_t mark = line.rfind(kOriginMark);
    if (mark != std::string::npos) {
      assignment.origin = line.substr(mark + kOriginMark.size());
    }
  }
}

/// Takes the entry called `name` out of a map.
std::optional<YamlEntry> take_entry(YamlNode& map, std::string_view name) {
  const auto named = [&](const YamlEntry& entry) { return entry.key.scalar == name; };
  const auto found = std::find_if(map.entries.begin(), map.entries.end(), named);
  if (found == map.entries.end()) {
    return std::nullopt;
  }
  YamlEntry entry = std::move(*found);
  map.entries.erase(found);
  return entry;
}

/// The first entry that only a study file has, or nullptr.
const YamlEntry* entry_of_a_study(const YamlNode& root) {
  const auto found =
      std::find_if(root.entries.begin(), root.entries.end(), [](const YamlEntry& entry) {
        return entry.key.scalar == "study" || entry.key.scalar == "factors";
      });
  return found == root.entries.end() ? nullptr : &*found;
}

}  // namespace

RunFile read_run_file(const std::filesystem::path& path, std::vector<Problem>& problems) {
  const std::string text = read_file(path);
  const auto source = make_source(path.string(), text);
  std::optional<YamlNode> root = parse_yaml(source, text, problems);
  if (!root) {
    return {};
  }
  if (const YamlEntry* entry = entry_of_a_study(*root)) {
    problems.push_back(
        problem_at(entry->key.place,
                   "this is a study file, not a run file: it has '" + entry->key.scalar + "'",
                   "its verbs are those of yates study; study.base names the run file"));
    return {};
  }
  RunFile file;
  check_schema_number(*root, problems);
  (void)take_entry(*root, "schema");
  file.command = take_entry(*root, "command");
  file.assignments = flatten(*root, "", problems);
  keep_origins(*source, file.assignments);
  return file;
}

}  // namespace yates::config
