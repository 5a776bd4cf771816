// SPDX-License-Identifier: Apache-2.0
// JSON files, with errors that name the file and the place. Keys keep their order of insertion.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

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

/// `object[key]` as a T. Throws Error{BadData} naming `origin` and the key if it is absent or of
/// another type.
template <typename T>
T json_get(const Json& object, const std::string& key, const std::string& origin);

// ---- implementation ----

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
  try {
    return found->template get<T>();
  } catch (const nlohmann::json::exception&) {
    throw Error(ExitCode::BadData,
                Problem{.what = "key '" + key + "' has a value of the wrong type: " + found->dump(),
                        .where = origin,
                        .allowed = "",
                        .fix = "the file was edited, or written by another version"});
  }
}

}  // namespace yates
