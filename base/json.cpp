// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "base/text.hpp"

namespace yates {
namespace {

/// Deepest nesting of lists and objects that is read: writing and copying a Json call themselves
/// for every level, and none of our files has more than a few.
constexpr int kMaxDepth = 64;

}  // namespace

Json parse_json(const std::string& text, const std::string& origin) {
  const auto watch = [&](int depth, Json::parse_event_t event, const Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxDepth) {
      throw Error(ExitCode::BadData,
                  Problem{.what = "lists and objects are nested too deep",
                          .where = origin,
                          .allowed = fmt::format("{} levels", kMaxDepth),
                          .fix = "the file was edited, or is none of ours"});
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset =
        std::min<std::size_t>(error.byte > 0 ? error.byte - 1 : 0, text.size());
    const std::string before = text.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t last_break = before.rfind('\n');
    const std::size_t column = offset - (last_break == std::string::npos ? 0 : last_break + 1) + 1;
    throw Error(ExitCode::BadData,
                Problem{.what = "this is not valid JSON",
                        .where = fmt::format("{}:{}:{}", origin, line, column),
                        .allowed = "",
                        .fix = "the file was cut or edited; write it again"});
  } catch (const nlohmann::json::out_of_range&) {
    throw Error(ExitCode::BadData,
                Problem{.what = "a number is larger than any that can be read",
                        .where = origin,
                        .allowed = "up to 1.8e308",
                        .fix = "the file was edited; write it again"});
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomic(path, value.dump(2) + "\n");
}

Json json_number(double value) {
  return std::isfinite(value) ? Json(value) : Json(format_number(value));
}

bool json_fits_integer(const Json& value, std::int64_t least, std::uint64_t most) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <= most;
  }
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    return number >= least && (number < 0 || static_cast<std::uint64_t>(number) <= most);
  }
  if (value.is_number_float()) {
    constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers up to it are exact.
    const auto number = value.get<double>();
    return std::abs(number) <= kExact && std::trunc(number) == number &&
           number >= static_cast<double>(least) && number <= static_cast<double>(most);
  }
  return true;
}

}  // namespace yates
