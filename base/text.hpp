// SPDX-License-Identifier: Apache-2.0
// Strict parsing and formatting of short texts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yates {

/// Splits at every `separator`; empty parts are kept, so "a,,b" has three.
std::vector<std::string> split(std::string_view text, char separator);

/// Removes spaces, tabs and line ends at both sides.
std::string_view trim(std::string_view text);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// Reads a whole decimal integer: no sign but '-', no blanks, no base prefix, no overflow.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Reads a whole decimal number, also `nan`, `inf` and `-inf`. Independent of the locale.
std::optional<double> parse_number(std::string_view text);

/// Shortest text that reads back as the same double; `nan`, `inf`, `-inf` as such.
std::string format_number(double value);

/// The candidate that a mistyped `word` most likely means: edit distance at most a third of its
/// length (at least 1, a swap of neighbours counts once); nothing if none is that near.
std::optional<std::string> closest_match(std::string_view word,
                                         std::span<const std::string> candidates);

/// "did you mean 'x'?" for the closest candidate, else an empty text.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// Escapes text for HTML and SVG content and attribute values.
std::string escape_html(std::string_view text);

/// A duration for people: "45 s", "12 min 30 s", "2 h 19 min", "2 d 19 h".
std::string format_duration(double seconds);

}  // namespace yates
