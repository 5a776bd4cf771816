// SPDX-License-Identifier: Apache-2.0
// Numbers of YAML texts, strictly: only what every reader takes as the same decimal number.
#pragma once

#include <cstdint>
#include <optional>

#include "launcher/config/yaml_tree.hpp"

namespace yates::config {

/// True for a scalar that stands without quotes.
bool is_plain_scalar(const YamlNode& node);

/// An integer in plain decimal digits: no quotes, base prefix, sign '+', leading zero or exponent.
std::optional<std::int64_t> plain_integer(const YamlNode& node);

/// A finite decimal number, in quotes never.
std::optional<double> plain_number(const YamlNode& node);

}  // namespace yates::config
