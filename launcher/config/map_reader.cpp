// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/map_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/config/scalar.hpp"
#include "launcher/config/study_schema.hpp"

namespace yates::config {
namespace {

/// The key that was likely meant. Where there is one key only, all belongs below it.
std::string hint_for(const std::string& key, const std::vector<std::string>& known) {
  const std::string near = suggestion(key, known);
  if (near.empty() && known.size() == 1) {
    return "write it below '" + known.front() + ":', indented";
  }
  return near.empty() ? "keys here: " + join(known, ", ") : near;
}

}  // namespace

MapReader::MapReader(const YamlNode* map, std::string path, std::vector<Problem>& problems)
    : MapReader(map, path, study_keys(path), problems) {}

MapReader::MapReader(const YamlNode* map,
                     std::string path,
                     const std::vector<std::string>& known,
                     std::vector<Problem>& problems)
    : path_(std::move(path)), problems_(problems) {
  if (map == nullptr) {
    return;
  }
  place_ = map->place;
  if (map->kind != YamlKind::Map) {
    reported_ = map->kind != YamlKind::Null;
    if (map->kind != YamlKind::Null && !map->refused) {
      problems_.push_back(
          problem_at(map->place,
                     fmt::format("'{}' is {}, not a map of keys", path_, kind_name(*map)),
                     "keys: " + join(known, ", ")));
    }
    return;
  }
  map_ = map;
  for (const YamlEntry& entry : map->entries) {
    if (std::find(known.begin(), known.end(), entry.key.scalar) == known.end()) {
      problems_.push_back(
          problem_at(entry.key.place,
                     fmt::format("unknown key {}{}",
                                 in_quotes(entry.key.scalar),
                                 path_.empty() ? std::string() : " in " + in_quotes(path_)),
                     hint_for(entry.key.scalar, known)));
    }
  }
}

const YamlNode* MapReader::find(std::string_view key) const {
  if (map_ == nullptr) {
    return nullptr;
  }
  for (const YamlEntry& entry : map_->entries) {
    if (entry.key.scalar == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

const YamlNode* MapReader::require(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr && place_ && !reported_) {
    problems_.push_back(problem_at(*place_, fmt::format("'{}' is missing", full_name(key))));
  }
  return node;
}

std::string MapReader::full_name(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

Place MapReader::place(std::string_view key) const {
  for (const YamlEntry& entry : map_->entries) {
    if (entry.key.scalar == key) {
      return entry.value.kind == YamlKind::Null ? entry.key.place : entry.value.place;
    }
  }
  return *place_;
}

void MapReader::report(const YamlNode& node,
                       std::string_view key,
                       const std::string& what,
                       const std::string& hint) {
  if (!node.refused) {
    const Place& at = node.kind == YamlKind::Null ? place(key) : node.place;
    problems_.push_back(problem_at(at, fmt::format("'{}' {}", full_name(key), what), hint));
  }
}

bool MapReader::check_text(const YamlNode& node,
                           std::string_view key,
                           const std::vector<std::string>& choices) {
  if (node.kind != YamlKind::Scalar || node.scalar.empty()) {
    report(
        node, key, "is " + (node.kind == YamlKind::Scalar ? "empty" : kind_name(node)), "a text");
    return false;
  }
  if (node.scalar.find_first_of("\r\n") != std::string::npos) {
    report(node, key, "has several lines", "");
    return false;
  }
  if (choices.empty() || std::find(choices.begin(), choices.end(), node.scalar) != choices.end()) {
    return true;
  }
  const std::string near = suggestion(node.scalar, choices);
  report(node,
         key,
         "is " + in_quotes(node.scalar),
         near.empty() ? "allowed: " + join(choices, ", ") : near);
  return false;
}

bool MapReader::check_range(const YamlNode& node,
                            std::string_view key,
                            double value,
                            const Range& range) {
  if (range.contains(value)) {
    return true;
  }
  report(node, key, fmt::format("is {}, out of range", node.scalar), "allowed: " + range.text());
  return false;
}

std::optional<std::string> MapReader::text(std::string_view key,
                                           const std::vector<std::string>& choices) {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind == YamlKind::Null || !check_text(*node, key, choices)) {
    return std::nullopt;
  }
  return node->scalar;
}

std::optional<double> MapReader::number(std::string_view key, const Range& range) {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind == YamlKind::Null) {
    return std::nullopt;
  }
  const std::optional<double> value = plain_number(*node);
  if (!value) {
    report(*node, key, "is " + kind_name(*node), "a number " + range.text());
    return std::nullopt;
  }
  return check_range(*node, key, *value, range) ? value : std::nullopt;
}

std::optional<std::int64_t> MapReader::integer(std::string_view key, const Range& range) {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind == YamlKind::Null) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> value = plain_integer(*node);
  if (!value) {
    report(*node, key, "is " + kind_name(*node), "an integer " + range.text());
    return std::nullopt;
  }
  return check_range(*node, key, static_cast<double>(*value), range) ? value : std::nullopt;
}

std::vector<std::int64_t> MapReader::integers(std::string_view key, const Range& range) {
  std::vector<std::int64_t> values;
  const YamlNode* node = find(key);
  if (node == nullptr) {
    return values;
  }
  if (node->kind != YamlKind::List || node->items.empty()) {
    report(*node,
           key,
           node->kind == YamlKind::List ? "is an empty list" : "is " + kind_name(*node),
           "a list of integers");
    return values;
  }
  for (const YamlNode& item : node->items) {
    const std::optional<std::int64_t> value = plain_integer(item);
    if (!value) {
      report(item, key, "has the item " + kind_name(item), "an integer " + range.text());
    } else if (check_range(item, key, static_cast<double>(*value), range)) {
      values.push_back(*value);
    }
  }
  return values;
}

std::vector<std::string> MapReader::texts(std::string_view key,
                                          const std::vector<std::string>& choices) {
  std::vector<std::string> values;
  const YamlNode* node = find(key);
  if (node == nullptr) {
    return values;
  }
  if (node->kind != YamlKind::List) {
    report(*node, key, "is " + kind_name(*node), "a list of texts");
    return values;
  }
  for (const YamlNode& item : node->items) {
    if (check_text(item, key, choices)) {
      values.push_back(item.scalar);
    }
  }
  return values;
}

}  // namespace yates::config
