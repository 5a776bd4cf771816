// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/yaml_characters.hpp"

#include <algorithm>
#include <string>

namespace yates::config {
namespace {

/// Length of the valid UTF-8 character at `at`; 0 if there is none or it is a control character.
/// Source: RFC 3629, section 4.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(at);
  if (lead < 0x80) {
    return lead == '\t' || (lead >= 0x20 && lead != 0x7F) ? 1 : 0;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (lead < 0xC2 || lead > 0xF4) {
    return 0;
  }
  low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : low;
  high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : high;
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte(at + i);
    if (next < low || next > high) {
      return 0;
    }
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

/// Index behind the closing quote in `line` from `begin`, or npos if it is not in this line.
std::size_t closing_quote(std::string_view line, std::size_t begin, char quote) {
  for (std::size_t i = begin; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < line.size() && line[i + 1] == quote;
      if (!doubled) {
        return i + 1;
      }
      ++i;
    }
  }
  return std::string_view::npos;
}

char quote_at(const SourceText& source, const Place& place) {
  const std::string& line = source.lines[static_cast<std::size_t>(place.line)];
  const auto column = static_cast<std::size_t>(place.column);
  const char c = column < line.size() ? line[column] : ' ';
  return c == '\'' || c == '"' ? c : ' ';
}

}  // namespace

std::optional<Place> first_bad_character(const std::shared_ptr<const SourceText>& source) {
  for (std::size_t number = 0; number < source->lines.size(); ++number) {
    const std::string& line = source->lines[number];
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t length = character_length(line, at);
      if (length == 0) {
        return Place{.source = source,
                     .line = static_cast<int>(number),
                     .column = static_cast<int>(at),
                     .length = 1};
      }
      at += length;
    }
  }
  return std::nullopt;
}

bool quote_ends(const SourceText& source, const Place& place) {
  const char quote = quote_at(source, place);
  if (quote == ' ') {
    return true;
  }
  auto begin = static_cast<std::size_t>(place.column) + 1;
  for (auto line = static_cast<std::size_t>(place.line); line < source.lines.size(); ++line) {
    if (closing_quote(source.lines[line], begin, quote) != std::string_view::npos) {
      return true;
    }
    begin = 0;
  }
  return false;
}

int marked_length(const SourceText& source, const Place& place, std::string_view value) {
  const std::string& line = source.lines[static_cast<std::size_t>(place.line)];
  const auto column = static_cast<std::size_t>(place.column);
  const char quote = quote_at(source, place);
  if (quote != ' ') {
    const std::size_t end = std::min(closing_quote(line, column + 1, quote), line.size());
    return static_cast<int>(end - column);
  }
  const std::size_t left = line.size() - std::min(column, line.size());
  return static_cast<int>(std::clamp<std::size_t>(value.size(), 1, std::max<std::size_t>(left, 1)));
}

}  // namespace yates::config
