// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/schema.hpp"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "base/text.hpp"

namespace yates::config {
namespace {

template <typename T>
constexpr bool kIsList =
    std::is_same_v<T, std::vector<std::int64_t>> || std::is_same_v<T, std::vector<double>> ||
    std::is_same_v<T, std::array<std::int64_t, 3>>;

std::string text_of(bool value) {
  return value ? "true" : "false";
}
std::string text_of(std::int64_t value) {
  return std::to_string(value);
}
std::string text_of(double value) {
  return format_number(value);
}

/// Plain where every YAML reader takes it as this text, else in double quotes.
std::string text_of(const std::string& value) {
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '/' || c == '-';
  };
  const bool word = std::all_of(value.begin(), value.end(), safe) && !value.empty() &&
                    value.front() != '-' && value.front() != '.';
  const bool reserved = value == "null" || value == "Null" || value == "NULL";
  if (word && !reserved) {
    return value;
  }
  std::string escaped = "\"";
  for (const char c : value) {
    escaped += c == '"' || c == '\\' ? "\\" : "";
    escaped += c;
  }
  return escaped + "\"";
}

template <typename List>
std::string list_text(const List& values) {
  std::string text;
  for (const auto& value : values) {
    text += (text.empty() ? "" : ", ") + text_of(value);
  }
  return "[" + text + "]";
}

std::string list_type(std::size_t max_items, bool fixed, const char* items) {
  return fixed ? fmt::format("list of {} {}", max_items, items)
               : fmt::format("list of 1 to {} {}", max_items, items);
}

}  // namespace

bool Range::contains(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  if (!low_open && !high_open) {
    return fmt::format("{} to {}", format_number(low), format_number(high));
  }
  return fmt::format("in {}{}, {}{}",
                     low_open ? '(' : '[',
                     format_number(low),
                     format_number(high),
                     high_open ? ')' : ']');
}

std::string KeySpec::type_text() const {
  struct Visitor {
    const KeySpec& spec;
    std::string operator()(bool& (*)(RunConfig&)) const { return "true or false"; }
    std::string operator()(std::int64_t& (*)(RunConfig&)) const { return "integer"; }
    std::string operator()(double& (*)(RunConfig&)) const { return "number"; }
    std::string operator()(std::string& (*)(RunConfig&)) const {
      if (spec.choices.empty()) {
        return "text";
      }
      const std::string names = join(spec.choices, ", ");
      return spec.range ? names + " or a number" : "one of " + names;
    }
    std::string operator()(std::vector<std::int64_t>& (*)(RunConfig&)) const {
      return list_type(spec.max_items, false, "integers");
    }
    std::string operator()(std::vector<double>& (*)(RunConfig&)) const {
      return list_type(spec.max_items, false, "numbers");
    }
    std::string operator()(std::array<std::int64_t, 3>& (*)(RunConfig&)) const {
      return list_type(spec.max_items, true, "integers");
    }
  };
  return std::visit(Visitor{*this}, field);
}

std::string KeySpec::allowed_text() const {
  std::string text = type_text();
  text += range ? " " + range->text() : "";
  text += multiple_of > 1 ? fmt::format(", multiple{} of {}", max_items > 0 ? "s" : "", multiple_of)
                          : "";
  return text;
}

const KeySpec* find_key(std::string_view key) {
  for (const KeySpec& spec : run_schema()) {
    if (spec.key == key) {
      return &spec;
    }
  }
  return nullptr;
}

std::string value_text(const KeySpec& spec, const RunConfig& config) {
  return std::visit(
      [&](auto field) {
        // The accessors are written for both uses; here nothing is changed.
        const auto& value = field(const_cast<RunConfig&>(config));
        if constexpr (kIsList<std::remove_cvref_t<decltype(value)>>) {
          return list_text(value);
        } else {
          return text_of(value);
        }
      },
      spec.field);
}

}  // namespace yates::config
