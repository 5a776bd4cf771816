// SPDX-License-Identifier: Apache-2.0
// A YAML document as a plain tree in which every value knows its place. Only the part of YAML that
// means the same to every reader: no anchors, aliases, tags, merge keys or further documents.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "launcher/config/source_text.hpp"

namespace yates::config {

enum class YamlKind { Null, Scalar, List, Map };

struct YamlEntry;

/// One value of the document.
struct YamlNode {
  YamlKind kind = YamlKind::Null;
  std::string scalar;    ///< Text of a scalar.
  bool quoted = false;   ///< True if the scalar stood in quotes or in a block.
  bool refused = false;  ///< Already reported (an alias); do not report it again.
  Place place;
  std::vector<YamlNode> items;     ///< Of a list.
  std::vector<YamlEntry> entries;  ///< Of a map, in order of the text; keys are unique.
};

struct YamlEntry {
  YamlNode key;  ///< Always a scalar.
  YamlNode value;
};

/// "a list", "a map", "empty" ...: what a value is, for messages.
std::string kind_name(const YamlNode& node);

/// Parses `text`, whose lines are `source`. Findings are appended to `problems`; a document that
/// cannot be read at all gives nothing. Budgets: 1 MiB, nesting of 32, 10 000 values.
/// An empty document is a Null.
std::optional<YamlNode> parse_yaml(const std::shared_ptr<const SourceText>& source,
                                   std::string_view text,
                                   std::vector<Problem>& problems);

}  // namespace yates::config
