// SPDX-License-Identifier: Apache-2.0
// Typed access to one map of a study file. Findings are collected, never thrown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "launcher/config/schema.hpp"
#include "launcher/config/yaml_tree.hpp"

namespace yates::config {

/// One section: its known keys, and readers that report what is wrong with a value.
class MapReader {
 public:
  /// `map` may be nullptr (section absent). Reports keys that are not `known`, and a value that is
  /// no map. `path` names the section in messages, e.g. "analysis.primary".
  MapReader(const YamlNode* map, std::string path, std::vector<Problem>& problems);
  /// The same for a map of another file than a study file, with the keys it may have.
  MapReader(const YamlNode* map,
            std::string path,
            const std::vector<std::string>& known,
            std::vector<Problem>& problems);

  /// The value of a key, or nullptr if it is absent.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  /// The same; reports a missing key of a section that is there.
  const YamlNode* require(std::string_view key);

  /// A text of one line; with `choices` one of them. Nothing if absent, null or wrong.
  std::optional<std::string> text(std::string_view key,
                                  const std::vector<std::string>& choices = {});
  std::optional<double> number(std::string_view key, const Range& range);
  std::optional<std::int64_t> integer(std::string_view key, const Range& range);
  /// A list of integers inside `range`, not empty.
  std::vector<std::int64_t> integers(std::string_view key, const Range& range);
  /// A list of texts.
  std::vector<std::string> texts(std::string_view key,
                                 const std::vector<std::string>& choices = {});

  /// Reports a finding about a value of this section.
  void report(const YamlNode& node,
              std::string_view key,
              const std::string& what,
              const std::string& hint);
  /// The place of a key's value, or of the key if it has none; the key must be there.
  [[nodiscard]] Place place(std::string_view key) const;
  [[nodiscard]] std::string full_name(std::string_view key) const;

 private:
  bool check_text(const YamlNode& node,
                  std::string_view key,
                  const std::vector<std::string>& choices);
  bool check_range(const YamlNode& node, std::string_view key, double value, const Range& range);

  const YamlNode* map_ = nullptr;  ///< Null unless it is a map.
  std::string path_;
  std::optional<Place> place_;  ///< Of the section; none if it is absent.
  bool reported_ = false;       ///< The section is no map, which has been said.
  std::vector<Problem>& problems_;
};

}  // namespace yates::config
