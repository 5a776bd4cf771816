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
constexpr std::size_t kShownBytes = 140;

[[noreturn]] void fail_at(const std::string& origin,
                          std::size_t line,
                          std::string what,
                          std::string_view text = {},
                          std::string fix = "") {
  const std::string excerpt =
      text.empty() ? "" : fmt::format("{:>5} | {}", line, trim(text.substr(0, kShownBytes)));
  throw Error(ExitCode::BadData,
              Problem{.what = std::move(what),
                      .where = fmt::format("{}:{}", origin, line),
                      .allowed = "a header line, then rows with one field per column",
                      .fix = std::move(fix),
                      .excerpt = excerpt});
}

/// First byte and length of a field in the text of its row, quotes included.
std::pair<std::size_t, std::size_t> span_of(std::string_view row, std::size_t column) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < row.size(); ++at) {
    quoted = quoted != (row[at] == '"');
    if (row[at] == ',' && !quoted) {
      if (column == 0) {
        return {begin, at - begin};
      }
      --column;
      begin = at + 1;
    }
  }
  return {begin, row.size() - begin};
}

/// What a table is that has not the form of one: a spreadsheet, or fields separated otherwise.
void refuse_other_forms(std::string_view text, const std::string& origin) {
  if (text.starts_with("PK\x03\x04") || text.starts_with("\xD0\xCF\x11\xE0")) {
    throw Error(ExitCode::BadData,
                Problem{.what = "this is a spreadsheet, not a text",
                        .where = origin,
                        .allowed = "a table of fields separated by commas",
                        .fix = "save it as CSV (UTF-8, comma)"});
  }
  const std::string_view header = text.substr(0, text.find('\n'));
  for (const char separator : {';', '\t'}) {
    if (header.find(',') == std::string_view::npos &&
        header.find(separator) != std::string_view::npos) {
      const std::string name = separator == ';' ? "semicolons" : "tabs";
      fail_at(origin,
              1,
              "the fields are separated by " + name,
              header,
              "save it with commas between fields and points in decimals, e.g. 91.3");
    }
  }
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
              problem_at(row,
                         column,
                         fmt::format("column '{}' holds '{}'", header.at(column), field),
                         "a number, nan or inf"));
}

Problem CsvTable::problem_at(std::size_t row,
                             std::size_t column,
                             std::string what,
                             const std::string& allowed,
                             std::string fix) const {
  Problem problem{.what = std::move(what),
                  .where = fmt::format("{}:{}", origin, lines.at(row)),
                  .allowed = allowed,
                  .fix = std::move(fix)};
  if (row >= sources.size() || sources[row].find('\n') != std::string::npos) {
    return problem;
  }
  const auto [begin, length] = span_of(sources[row], column);
  problem.where += fmt::format(":{}", begin + 1);
  if (begin + length <= kShownBytes) {
    problem.excerpt = fmt::format("{:>5} | {}\n      | {}^{} {}",
                                  lines[row],
                                  sources[row].substr(0, kShownBytes),
                                  std::string(begin, ' '),
                                  std::string(length > 1 ? length - 1 : 0, '~'),
                                  allowed);
    problem.allowed.clear();
  }
  return problem;
}

void TableFindings::throw_if_any() const {
  constexpr std::size_t kShown = 10;
  if (problems_.empty()) {
    return;
  }
  const std::size_t shown = std::min(problems_.size(), kShown);
  std::vector<Problem> first(problems_.begin(),
                             problems_.begin() + static_cast<std::ptrdiff_t>(shown));
  if (shown < problems_.size()) {
    first.back().fix += fmt::format("{}{} further rows have such findings",
                                    first.back().fix.empty() ? "" : "; ",
                                    problems_.size() - shown);
  }
  throw Error(code_, std::move(first));
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
  refuse_other_forms(text, origin);
  table.header = read_record(text, position, line, origin);
  check_header(table);
  TableFindings findings;
  while (position < text.size()) {
    const std::size_t first_line = line;
    const std::size_t begin = position;
    std::vector<std::string> fields = read_record(text, position, line, origin);
    const std::string_view record = text.substr(begin, position - begin);
    const std::string_view source = record.substr(0, record.find_last_not_of("\r\n") + 1);
    if (fields.size() == 1 && fields[0].empty()) {
      continue;
    }
    if (fields.size() != table.header.size()) {
      findings.gather([&] {
        fail_at(
            origin,
            first_line,
            fmt::format(
                "this row has {} fields, the header has {}", fields.size(), table.header.size()),
            source);
      });
      continue;
    }
    table.rows.push_back(std::move(fields));
    table.lines.push_back(first_line);
    table.sources.emplace_back(source);
  }
  findings.throw_if_any();
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
