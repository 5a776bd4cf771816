// SPDX-License-Identifier: Apache-2.0
// The frame of both executables: verbs are registered, the command line is parsed, errors become
// exit codes. Everything else happens in the verbs' own files, cmd_*.cpp.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace yates::cli {

/// Adds one verb with its sub-verbs and callbacks to the command.
using RegisterVerb = std::function<void(CLI::App&)>;

/// Parses the command line and runs the chosen verb. Returns the process exit code; every Error is
/// printed to stderr, every other exception is reported as internal (70), wrong usage is 2. A verb
/// that has said everything itself ends with another code by `throw CLI::RuntimeError(code)`.
int run_app(int argc, char** argv, std::span<const RegisterVerb> verbs);

/// Adds the trailing `key=value` arguments of a verb; they end in `overrides`.
void add_overrides(CLI::App& verb, std::vector<std::string>& overrides);

/// Adds `--json FILE` ("-" is stdout, and then nothing else is printed there).
void add_json_option(CLI::App& verb, std::string& json_path);

/// Sets the example that `--help` shows at its end.
void set_example(CLI::App& verb, const std::string& example);

}  // namespace yates::cli
