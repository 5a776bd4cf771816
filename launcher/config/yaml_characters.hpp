// SPDX-License-Identifier: Apache-2.0
// Checks on the characters of a YAML text that yaml-cpp does not make.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "launcher/config/source_text.hpp"

namespace yates::config {

/// The first byte that is a control character other than tab, or no UTF-8. yaml-cpp would end the
/// text at some of them (0x04) and read others silently.
std::optional<Place> first_bad_character(const std::shared_ptr<const SourceText>& source);

/// False if a quote opens at `place` and never closes; yaml-cpp accepts that.
bool quote_ends(const SourceText& source, const Place& place);

/// Bytes from `place` that a caret should underline for a scalar read as `value`.
int marked_length(const SourceText& source, const Place& place, std::string_view value);

}  // namespace yates::config
