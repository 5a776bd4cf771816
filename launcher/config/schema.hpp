// SPDX-License-Identifier: Apache-2.0
// The one table of all keys of a run configuration. Loading, checking, defaults, `yates config
// reference` and the resolved file all come from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "launcher/config/run_config.hpp"

namespace yates::config {

/// The member of RunConfig that holds a key's value; its C++ type is the key's type.
using Field = std::variant<bool& (*)(RunConfig&),
                           std::int64_t& (*)(RunConfig&),
                           double& (*)(RunConfig&),
                           std::string& (*)(RunConfig&),
                           std::vector<std::int64_t>& (*)(RunConfig&),
                           std::vector<double>& (*)(RunConfig&),
                           std::array<std::int64_t, 3>& (*)(RunConfig&)>;

/// Accepted numbers. An open end does not belong to the range.
struct Range {
  double low = 0;
  double high = 0;
  bool low_open = false;
  bool high_open = false;

  [[nodiscard]] bool contains(double value) const;
  /// "0 to 1", "(0, 1]": mathematical brackets where an end is open.
  [[nodiscard]] std::string text() const;
};

/// What kind of setting a key is.
enum class KeyRole {
  Experiment,  ///< Decides the result: part of a run's identity.
  Execution,   ///< How and where the run is executed.
};

struct KeySpec {
  std::string key;
  Field field;
  std::string meaning;
  std::string unit{};                  ///< Empty: a count or without dimension.
  std::optional<Range> range{};        ///< Of a number, or of every item of a list.
  std::int64_t multiple_of = 1;        ///< Of an integer, or of every item.
  std::vector<std::string> choices{};  ///< Of a text; with a range, a number is accepted as well.
  std::size_t max_items = 0;           ///< Of a list; at least one item.
  KeyRole role = KeyRole::Experiment;

  /// "integer", "list of 3 integers", "one of a, b": the type in words.
  [[nodiscard]] std::string type_text() const;
  /// What is accepted, in words: type, range and multiple.
  [[nodiscard]] std::string allowed_text() const;
};

/// All keys in the order of the file, without `schema`.
std::span<const KeySpec> run_schema();

/// The entry of a key, or nullptr.
const KeySpec* find_key(std::string_view key);

/// A key's value as YAML: `48`, `[2, 3]`, `true`, `runs/example`.
std::string value_text(const KeySpec& spec, const RunConfig& config);

/// The number of the layout of run and study files.
inline constexpr std::int64_t kSchema = 1;

}  // namespace yates::config
