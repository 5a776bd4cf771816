// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/source_text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace yates::config {
namespace {

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// Blanks as wide as `text`; tabs stay, so that the caret stands below the right character.
std::string blank_like(std::string_view text) {
  std::string blanks;
  for (const char c : text) {
    if (begins_character(c)) {
      blanks += c == '\t' ? '\t' : ' ';
    }
  }
  return blanks;
}

/// Where to begin showing a long line: at a character boundary, some bytes before the place.
std::size_t window_begin(std::string_view line, std::size_t column) {
  constexpr std::size_t kBefore = 60;
  std::size_t begin = column > kBefore + 20 ? column - kBefore : 0;
  while (begin > 0 && !begins_character(line[begin])) {
    --begin;
  }
  return begin;
}

}  // namespace

std::shared_ptr<const SourceText> make_source(std::string name,
                                              std::string_view text,
                                              bool numbered) {
  auto source = std::make_shared<SourceText>();
  source->name = std::move(name);
  source->numbered = numbered;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    source->lines.push_back(std::move(line));
    begin = end + 1;
  }
  return source;
}

std::string Place::where() const {
  if (!source->numbered) {
    return source->name;
  }
  const std::string_view text = source->lines.at(static_cast<std::size_t>(line));
  const std::size_t before = count_characters(text.substr(0, static_cast<std::size_t>(column)));
  return fmt::format("{}:{}:{}", source->name, line + 1, before + 1);
}

std::string Place::excerpt(const std::string& hint) const {
  constexpr std::size_t kShown = 140;
  const std::string_view text = source->lines.at(static_cast<std::size_t>(line));
  const std::size_t at = std::min(static_cast<std::size_t>(column), text.size());
  const std::size_t begin = window_begin(text, at);
  const std::string_view shown = text.substr(begin, kShown);
  const std::string_view marked = text.substr(at, static_cast<std::size_t>(std::max(length, 1)));
  const std::size_t tildes =
      std::min(std::max<std::size_t>(count_characters(marked), 1), kShown - (at - begin)) - 1;
  const std::string number = source->numbered ? std::to_string(line + 1) : "";
  return fmt::format("{:>5} | {}\n      | {}^{}{}{}",
                     number,
                     shown,
                     blank_like(text.substr(begin, at - begin)),
                     std::string(tildes, '~'),
                     hint.empty() ? "" : " ",
                     hint);
}

Problem problem_at(const Place& place, std::string what, const std::string& hint) {
  return Problem{.what = std::move(what),
                 .where = place.where(),
                 .allowed = "",
                 .fix = "",
                 .excerpt = place.excerpt(hint)};
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() <= kLongest) {
    return fmt::format("'{}'", text);
  }
  std::size_t end = kLongest;
  while (!begins_character(text[end])) {
    --end;
  }
  return fmt::format("'{}...'", text.substr(0, end));
}

}  // namespace yates::config
