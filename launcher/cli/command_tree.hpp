// SPDX-License-Identifier: Apache-2.0
// The verbs and options of a program as plain values, read out of its command-line parser: what
// shell completion and man pages are written from.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "base/json.hpp"

namespace yates::cli {

/// An option, a flag or a positional argument.
struct OptionEntry {
  std::vector<std::string> names;  ///< "-h", "--help"; empty for a positional argument.
  std::string value;               ///< What stands for its value in the help; empty: a flag.
  std::string description;
  std::string fallback;              ///< Its default, where the help shows one.
  std::vector<std::string> choices;  ///< The only values that are accepted, where they are known.
  std::vector<std::string> offers;   ///< Names that are accepted beside other values.
  bool required = false;
  bool repeated = false;        ///< Takes several values.
  bool value_optional = false;  ///< May stand without a value.

  [[nodiscard]] bool positional() const { return names.empty(); }
};

/// A verb with what it takes, and its own verbs.
struct CommandEntry {
  std::string name;
  std::string description;
  std::string footer;  ///< Settings and examples at the end of the help.
  std::vector<OptionEntry> options;
  std::vector<CommandEntry> verbs;
};

/// What a value is, judged by how the help writes it: "DIR", "FILE.csv|FILE.h5", "STUDY.yaml".
struct ValueForm {
  bool folder = false;
  bool file = false;
  std::vector<std::string> extensions;  ///< Of files, without the dot; empty: any file.
};
ValueForm form_of(const OptionEntry& option);

/// All that `app` shows in its help; what is hidden there is left out.
CommandEntry describe(CLI::App& app);

/// The verb called `name`, or nullptr.
CommandEntry* find_verb(CommandEntry& command, const std::string& name);

/// As text between two programs of one build. Throws Error{BadData} naming `origin`.
Json to_json(const CommandEntry& command);
CommandEntry command_from_json(const Json& json, const std::string& origin);

}  // namespace yates::cli
