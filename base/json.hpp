// SPDX-License-Identifier: Apache-2.0
// JSON files, with errors that name the file and the place. Keys keep their order of insertion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace yates {

using Json = nlohmann::ordered_json;

/// Reads and parses a file. Throws Error{InputMissing}, or Error{BadData} naming line and column.
Json read_json(const std::filesystem::path& path);

/// Parses text; `origin` names it in errors. Throws Error{BadData}.
Json parse_json(const std::string& text, const std::string& origin);

/// Publishes `value` atomically, indented by two spaces. Throws Error{Io}.
void write_json(const std::filesystem::path& path, const Json& value);

/// A JSON number, or the strings "nan", "inf", "-inf" for what JSON cannot say.
Json json_number(double value);

/// Whether `value` is no number, or a whole one from `least` to `most`.
bool json_fits_integer(const Json& value, std::int64_t least, std::uint64_t most);

/// `object[key]` as a T. Throws Error{BadData} naming `origin` and the key if it is absent, of
/// another type, or no whole number within the range of T where T is an integer or a list of them.
template <typename T>
T json_get(const Json& object, const std::string& key, const std::string& origin);

// ---- implementation ----

/// A conversion of any other number to an integer would cut it, or be undefined.
template <typename T>
bool json_integers_fit(const Json& value) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    using Limits = std::numeric_limits<T>;
    return json_fits_integer(
        value, static_cast<std::int64_t>(Limits::min()), static_cast<std::uint64_t>(Limits::max()));
  } else if constexpr (requires { typename T::value_type; } && !std::is_same_v<T, Json> &&
                       !std::is_same_v<T, std::string>) {
    return !value.is_array() ||
           std::all_of(value.begin(), value.end(), json_integers_fit<typename T::value_type>);
  } else {
    return true;
  }
}

template <typename T>
T json_get(const Json& object, const std::string& key, const std::string& origin) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found == object.end()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "missing key '" + key + "'",
                        .where = origin,
                        .allowed = "",
                        .fix = "the file was cut, edited, or written by another version"});
  }
  if (json_integers_fit<T>(*found)) {
    try {
      return found->template get<T>();
    } catch (const nlohmann::json::exception&) {
      // Reported below.
    }
  }
  throw Error(ExitCode::BadData,
              Problem{.what = "key '" + key + "' has a value of the wrong type: " + found->dump(),
                      .where = origin,
                      .allowed = "",
                      .fix = "the file was edited, or written by another version"});
}

}  // namespace yates
