// SPDX-License-Identifier: Apache-2.0
// From YAML maps to single assignments `key = value`, and from these to a RunConfig. Run files,
// overrides and the levels of a study all pass through here.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/config/schema.hpp"
#include "launcher/config/yaml_tree.hpp"

namespace yates::config {

/// One key of the schema with the value that a text gives it.
struct Assignment {
  const KeySpec* spec = nullptr;
  YamlNode value;
  Place key_place;
  std::string origin;  ///< For the resolved file: where the value came from.
};

/// Flattens a map of keys, nested (`model: {width: 32}`) or dotted (`model.width: 32`), into
/// assignments. Unknown and repeated keys are appended to `problems`. `root` may be a Null.
/// `origin_note` is put behind the place in every origin, e.g. "relocate=+".
std::vector<Assignment> flatten(const YamlNode& root,
                                const std::string& origin_note,
                                std::vector<Problem>& problems);

/// An override `key=value` of the command line, as assignments (several if the value is a map).
std::vector<Assignment> parse_override(const std::string& text, std::vector<Problem>& problems);

/// A configuration under construction: values, and where they were written.
class Draft {
 public:
  /// Checks the value against its key's type and range and takes it; a later one replaces an
  /// earlier one. A wrong one is appended to `problems` and not taken.
  void assign(const Assignment& assignment, std::vector<Problem>& problems);
  void assign(const std::vector<Assignment>& assignments, std::vector<Problem>& problems);

  /// Appends what does not go together, e.g. a number of keep rates that is not the number of Mamba
  /// stages. Call after all assignments.
  void check_rules(std::vector<Problem>& problems) const;

  [[nodiscard]] const RunConfig& config() const { return config_; }

 private:
  void add_rule_problem(const std::vector<std::string>& keys,
                        const std::string& what,
                        const std::string& fix,
                        std::vector<Problem>& problems) const;
  void check_pruning(std::vector<Problem>& problems) const;
  void check_stages(std::vector<Problem>& problems) const;
  void check_patch(std::vector<Problem>& problems) const;
  void check_fce(std::vector<Problem>& problems) const;
  void check_execution(std::vector<Problem>& problems) const;
  [[nodiscard]] bool was_set(const std::string& key) const { return places_.count(key) > 0; }

  RunConfig config_;
  std::map<std::string, Place> places_;
  std::set<std::string> refused_;  ///< Keys whose value was wrong: no rule speaks of them.
};

/// Checks the `schema` entry of a run or study file if there is one.
void check_schema_number(const YamlNode& root, std::vector<Problem>& problems);

/// "did you mean ...?" for an unknown key `path` among the keys of the schema; else the keys that
/// there are at its place.
std::string key_hint(std::string_view path);

}  // namespace yates::config
