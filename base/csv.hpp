// SPDX-License-Identifier: Apache-2.0
// CSV tables with a header line (RFC 4180 quoting; LF or CRLF line ends).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace yates {

/// A table of texts. Every row has as many fields as the header.
struct CsvTable {
  std::string origin;  ///< File name for messages.
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> lines;  ///< Line of the file where each row begins, counted from 1.
  std::vector<std::string> sources = {};  ///< Each row as it stands there; empty if it was no text.

  /// Index of a column, or nothing.
  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;
  /// Index of a column. Throws Error{BadData} that lists the columns there are.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  /// A field as a number (`nan`, `inf` allowed). Throws Error{BadData} naming file, line, column.
  [[nodiscard]] double number(std::size_t row, std::size_t column) const;

  /// A finding about a field: `FILE:LINE:COLUMN`, the row with the field underlined, and behind the
  /// caret what is `allowed`.
  [[nodiscard]] Problem problem_at(std::size_t row,
                                   std::size_t column,
                                   std::string what,
                                   const std::string& allowed,
                                   std::string fix = "") const;
};

/// Gathers what is wrong with the rows of a table, so that a user sees all of it at once.
class TableFindings {
 public:
  /// Calls `check` and keeps the problems of an Error that it throws.
  template <typename Check>
  void gather(Check&& check) {
    try {
      std::forward<Check>(check)();
    } catch (const Error& error) {
      code_ = problems_.empty() ? error.code() : code_;
      problems_.insert(problems_.end(), error.problems().begin(), error.problems().end());
    }
  }
  /// Throws one Error with what was gathered, if anything was: the first ten in full, and how many
  /// more there are. Its code is that of the first.
  void throw_if_any() const;

 private:
  ExitCode code_ = ExitCode::Ok;
  std::vector<Problem> problems_;
};

/// Reads a CSV file. Throws Error{InputMissing}, or Error{BadData} naming the line: rows of another
/// length than the header, an unterminated quote, a repeated column, no header.
CsvTable read_csv(const std::filesystem::path& path);

/// Parses CSV text; `origin` names it in errors.
CsvTable parse_csv(std::string_view text, const std::string& origin);

/// One line of CSV with its line end; fields are quoted where needed.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace yates
