// SPDX-License-Identifier: Apache-2.0
#include "base/csv.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace yates {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail_at(const std::string& origin, std::size_t line, std::string what) {
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = fmt::format("{}:{}", origin, line),
                      .allowed = "a header line, then rows with one field per column",
                      .fix = ""});
}

/// Reads one record from `text` at `position`, which moves behind it; counts lines passed.
std::vector<std::string> read_record(std::string_view text,
                                     std::size_t& position,
                                     std::size_t& line,
                                     const std::string& origin) {
  const std::size_t first_line = line;
  std::vector<std::string> fields(1);
  bool quoted = false;
  while (position < text.size()) {
    const char c = text[position++];
    if (quoted) {
      if (c == '\n') {
        ++line;
      }
      if (c != '"') {
        fields.back() += c;
      } else if (position < text.size() && text[position] == '"') {
        fields.back() += '"';
        ++position;
      } else {
        quoted = false;
      }
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++line;
      return fields;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  if (quoted) {
    fail_at(origin, first_line, "a quote is opened here and never closed");
  }
  return fields;
}

void check_header(const CsvTable& table) {
  std::set<std::string> seen;
  for (const std::string& name : table.header) {
    if (!seen.insert(name).second) {
      fail_at(table.origin, 1, fmt::format("column '{}' appears twice", name));
    }
  }
}

}  // namespace

std::optional<std::size_t> CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - header.begin());
}

std::size_t CsvTable::column(std::string_view name) const {
  if (const auto index = find_column(name)) {
    return *index;
  }
  throw Error(ExitCode::BadData,
              Problem{.what = fmt::format("there is no column '{}'", name),
                      .where = origin,
                      .allowed = "its columns are: " + join(header, ", "),
                      .fix = suggestion(name, header)});
}

double CsvTable::number(std::size_t row, std::size_t column) const {
  const std::string& field = rows.at(row).at(column);
  if (const auto value = parse_number(trim(field))) {
    return *value;
  }
  throw Error(ExitCode::BadData,
              Problem{.what = fmt::format("column '{}' holds '{}'", header.at(column), field),
                      .where = fmt::format("{}:{}", origin, lines.at(row)),
                      .allowed = "a number, nan or inf",
                      .fix = ""});
}

CsvTable parse_csv(std::string_view text, const std::string& origin) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  CsvTable table;
  table.origin = origin;
  std::size_t position = 0;
  std::size_t line = 1;
  if (trim(text).empty()) {
    fail_at(origin, 1, "the file is empty");
  }
  table.header = read_record(text, position, line, origin);
  check_header(table);
  while (position < text.size()) {
    const std::size_t first_line = line;
    std::vector<std::string> fields = read_record(text, position, line, origin);
    if (fields.size() == 1 && fields[0].empty()) {
      continue;
    }
    if (fields.size() != table.header.size()) {
      fail_at(origin,
              first_line,
              fmt::format(
                  "this row has {} fields, the header has {}", fields.size(), table.header.size()));
    }
    table.rows.push_back(std::move(fields));
    table.lines.push_back(first_line);
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  return parse_csv(read_file(path), path.string());
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    line += i == 0 ? "" : ",";
    // At the start of a file a byte order mark that is not quoted would be dropped.
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos &&
        !fields[i].starts_with(kByteOrderMark)) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) {
      line += c == '"' ? "\"\"" : std::string(1, c);
    }
    line += '"';
  }
  return line + "\n";
}

}  // namespace yates
