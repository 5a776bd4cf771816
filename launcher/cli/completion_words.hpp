// SPDX-License-Identifier: Apache-2.0
// What the completion scripts of all shells share.
#pragma once

#include <functional>
#include <string>

#include "launcher/cli/completion.hpp"

namespace yates::cli {

/// Calls `visit` for the program and for every verb below it; `path` is "" for the program, then
/// "study", "study plan": the verbs with one space between.
void for_each_command(
    const CommandEntry& program,
    const std::function<void(const std::string& path, const CommandEntry& command)>& visit);

/// The first sentence or line of a description, without its end.
std::string short_description(const std::string& text);

/// How a script is told what may follow: words, "@dir", "@file", "@file:EXTENSION", "@keys", with
/// one space between; "@any" where nothing is known. Empty for a flag.
std::string candidates_text(const std::string& path, const OptionEntry& option);

/// The same for the value of a key.
std::string candidates_text(const ConfigurationKey& key);

/// A shell function `name`: it sets `verbs` and `options` to what the verb at path $1 takes.
std::string command_table(const std::string& name, const CommandEntry& program);

/// A shell function `name`: it sets `found` to what may follow the option `PATH:--option` or the
/// key
/// `=KEY`, or to what the positional argument `PATH:1`, `PATH:2` ... may be (`PATH:N+` for one that
/// repeats).
std::string value_table(const std::string& name, const CompletionSource& source);

/// "model.width= model.network= ...": the keys, each with its "=".
std::string keys_text(const CompletionSource& source);

}  // namespace yates::cli
