// SPDX-License-Identifier: Apache-2.0
// Places in configuration texts, and the excerpts with a caret that messages show.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace yates::config {

/// A configuration text split into lines, kept as long as some value points into it.
struct SourceText {
  std::string name;                ///< File path, or "command line".
  std::vector<std::string> lines;  ///< Without line ends.
  bool numbered = true;            ///< False for a command-line override: it has no line numbers.
};

/// Splits `text` at LF or CRLF.
std::shared_ptr<const SourceText> make_source(std::string name,
                                              std::string_view text,
                                              bool numbered = true);

/// A span of one line. Lines and columns count from 0, columns in bytes.
struct Place {
  std::shared_ptr<const SourceText> source;
  int line = 0;
  int column = 0;
  int length = 1;  ///< Bytes that the caret underlines.

  /// `file:line:column`, both counted from 1, columns in characters.
  [[nodiscard]] std::string where() const;
  /// The source line with a caret below the place and `hint` behind the caret.
  [[nodiscard]] std::string excerpt(const std::string& hint) const;
};

/// A finding at a place: what is wrong, and behind the caret what to write instead.
Problem problem_at(const Place& place, std::string what, const std::string& hint = "");

/// Text from a file in quotes for messages, cut after 60 bytes.
std::string in_quotes(std::string_view text);

}  // namespace yates::config
