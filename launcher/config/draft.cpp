// SPDX-License-Identifier: Apache-2.0
// Takes single values: type, range, choices. What must fit together stands in rules.cpp.
#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/config/assignment.hpp"
#include "launcher/config/scalar.hpp"

namespace yates::config {
namespace {

/// Reads one value of a key; every finding names the key and what it accepts.
class ValueReader {
 public:
  ValueReader(const Assignment& assignment, std::vector<Problem>& problems)
      : assignment_(assignment), spec_(*assignment.spec), problems_(problems) {}

  bool read(const YamlNode& node, bool& value) const {
    if (!is_plain_scalar(node) || (node.scalar != "true" && node.scalar != "false")) {
      return wrong_type(node);
    }
    value = node.scalar == "true";
    return true;
  }

  bool read(const YamlNode& node, std::int64_t& value) const {
    const auto number = plain_integer(node);
    if (!number) {
      return wrong_type(node);
    }
    value = *number;
    return in_range(node, static_cast<double>(value)) && is_multiple(node, value);
  }

  bool read(const YamlNode& node, double& value) const {
    const auto number = plain_number(node);
    if (!number) {
      return wrong_type(node);
    }
    value = *number;
    return in_range(node, value);
  }

  bool read(const YamlNode& node, std::string& value) const {
    if (node.kind != YamlKind::Scalar || node.scalar.empty()) {
      return wrong_type(node);
    }
    if (node.scalar.find_first_of("\r\n") != std::string::npos) {
      return report(node, fmt::format("'{}' has several lines", spec_.key), "");
    }
    value = node.scalar;
    const auto& choices = spec_.choices;
    const bool chosen = std::find(choices.begin(), choices.end(), value) != choices.end();
    if (choices.empty() || chosen) {
      return true;
    }
    double number = 0;
    if (spec_.range && plain_number(node)) {
      return read(node, number);
    }
    const std::string near = suggestion(value, choices);
    return report(node,
                  fmt::format("'{}' is {}", spec_.key, in_quotes(value)),
                  near.empty() ? "allowed: " + spec_.allowed_text() : near);
  }

  template <typename Item>
  bool read(const YamlNode& node, std::vector<Item>& values) const {
    if (node.kind != YamlKind::List) {
      return wrong_type(node);
    }
    if (node.items.empty() || node.items.size() > spec_.max_items) {
      return wrong_length(node);
    }
    values.assign(node.items.size(), Item{});
    return read_items(node, values);
  }

  bool read(const YamlNode& node, std::array<std::int64_t, 3>& values) const {
    if (node.kind != YamlKind::List) {
      return wrong_type(node);
    }
    return node.items.size() == values.size() ? read_items(node, values) : wrong_length(node);
  }

 private:
  template <typename List>
  bool read_items(const YamlNode& node, List& values) const {
    bool good = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      good = read(node.items[i], values[i]) && good;
    }
    return good;
  }

  bool report(const YamlNode& node, std::string what, const std::string& hint) const {
    const Place& place = node.kind == YamlKind::Null ? assignment_.key_place : node.place;
    problems_.push_back(problem_at(place, std::move(what), hint));
    return false;
  }

  bool wrong_type(const YamlNode& node) const {
    if (node.refused) {
      return false;
    }
    return report(node,
                  fmt::format("'{}' is {}", spec_.key, kind_name(node)),
                  "allowed: " + spec_.allowed_text());
  }

  bool wrong_length(const YamlNode& node) const {
    return report(
        node,
        fmt::format(
            "'{}' has {} item{}", spec_.key, node.items.size(), node.items.size() == 1 ? "" : "s"),
        "allowed: " + spec_.allowed_text());
  }

  bool in_range(const YamlNode& node, double value) const {
    if (!spec_.range || spec_.range->contains(value)) {
      return true;
    }
    return report(node,
                  fmt::format("'{}' is {}, out of range", spec_.key, node.scalar),
                  "allowed: " + spec_.allowed_text());
  }

  bool is_multiple(const YamlNode& node, std::int64_t value) const {
    if (value % spec_.multiple_of == 0) {
      return true;
    }
    return report(
        node,
        fmt::format("'{}' is {}, not a multiple of {}", spec_.key, value, spec_.multiple_of),
        "allowed: " + spec_.allowed_text());
  }

  const Assignment& assignment_;
  const KeySpec& spec_;
  std::vector<Problem>& problems_;
};

}  // namespace

void Draft::assign(const Assignment& assignment, std::vector<Problem>& problems) {
  const ValueReader reader(assignment, problems);
  const bool taken = std::visit(
      [&](auto field) {
        std::remove_cvref_t<decltype(field(config_))> value{};
        if (!reader.read(assignment.value, value)) {
          return false;
        }
        field(config_) = std::move(value);
        return true;
      },
      assignment.spec->field);
  if (!taken) {
    refused_.insert(assignment.spec->key);
  } else {
    places_.insert_or_assign(assignment.spec->key, assignment.value.place);
    config_.origins.insert_or_assign(assignment.spec->key, assignment.origin);
  }
}

void Draft::assign(const std::vector<Assignment>& assignments, std::vector<Problem>& problems) {
  for (const Assignment& assignment : assignments) {
    assign(assignment, problems);
  }
}

}  // namespace yates::config
