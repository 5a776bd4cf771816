// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/scalar.hpp"

#include <string_view>

#include "base/text.hpp"

namespace yates::config {
namespace {

/// No sign but '-', no blanks, no names, no leading zeros (some readers take 010 as octal).
bool is_strict_decimal(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool leading_zero =
      digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  return !digits.empty() && !leading_zero &&
         digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

bool may_be_number(const YamlNode& node) {
  return is_plain_scalar(node) && is_strict_decimal(node.scalar);
}

}  // namespace

bool is_plain_scalar(const YamlNode& node) {
  return node.kind == YamlKind::Scalar && !node.quoted;
}

std::optional<std::int64_t> plain_integer(const YamlNode& node) {
  return may_be_number(node) ? parse_integer(node.scalar) : std::nullopt;
}

std::optional<double> plain_number(const YamlNode& node) {
  return may_be_number(node) ? parse_number(node.scalar) : std::nullopt;
}

}  // namespace yates::config
