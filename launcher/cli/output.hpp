// SPDX-License-Identifier: Apache-2.0
// Where a verb's result goes: text for people on stdout, JSON where `--json` says.
#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"

namespace yates::cli {

/// The two outputs of one verb. With `--json -` the text is dropped, so that stdout is pure JSON.
class Output {
 public:
  /// `json_path` as given with `--json`; empty means no JSON.
  explicit Output(std::string json_path) : json_path_(std::move(json_path)) {}

  /// Prints a line for people.
  template <typename... Args>
  void text(fmt::format_string<Args...> format, Args&&... args) const {
    if (json_path_ != "-") {
      fmt::print("{}\n", fmt::format(format, std::forward<Args>(args)...));
    }
  }

  /// Writes the JSON to its file (atomically) or to stdout, if it was asked for.
  void json(const Json& value) const;

  [[nodiscard]] bool wants_json() const { return !json_path_.empty(); }

 private:
  std::string json_path_;
};

}  // namespace yates::cli
