// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/cli/completion.hpp"
#include "launcher/cli/completion_words.hpp"

namespace yates::cli {
namespace {

// `__yates_at study plan` holds where these are the first words after `yates`; `-x` asks for
// exactly these, as where a verb is still to be named.
constexpr const char* kEngine = R"fish(
function __yates_at
    set -l typed (commandline -opc)[2..-1]
    if test "$argv[1]" = -x
        set -e argv[1]
        test (count $typed) -eq (count $argv); or return 1
    end
    set -l verbs (count $argv)
    test (count $typed) -ge $verbs; or return 1
    test $verbs -eq 0; or test "$typed[1..$verbs]" = "$argv"
end

function __yates_keys
    set -l word (commandline -ct)
    set -l key (string split -m1 = -- $word)[1]
    if string match -q '*=*' -- $word
        string replace -r '^' "$key=" -- (__yates_values $key)
    else
        string split ' ' -- $__yates_key_names
    end
end

complete -c yates -f
)fish";

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return result + "'";
}

/// The arguments of `complete` that offer what a value may be. Files of a positional argument are
/// words like others: `-F` would offer them as values of options too.
std::string value_words(const OptionEntry& option, const std::string& candidates) {
  std::vector<std::string> words;
  bool files = false;
  std::string text;
  for (const std::string& word : split(candidates, ' ')) {
    files = files || word.starts_with("@file");
    if (word == "@dir") {
      text += " -a '(__fish_complete_directories)'";
    } else if (word == "@keys") {
      text += " -a '(__yates_keys)'";
    } else if (word.front() != '@') {
      words.push_back(word);
    }
  }
  if (files && option.positional()) {
    text += " -a '(__fish_complete_path (commandline -ct))'";
  }
  if (!words.empty()) {
    text += " -a " + quoted(join(words, " "));
  }
  return option.positional() ? text : (files ? " -r -F" : " -x") + text;
}

std::string option_line(const std::string& at, const std::string& path, const OptionEntry& option) {
  std::string line = "complete -c yates -n " + at;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.value.empty()) {
    line += value_words(option, candidates_text(path, option));
  }
  return line + " -d " + quoted(short_description(option.description)) + "\n";
}

std::string value_function(const CompletionSource& source) {
  std::string text = "function __yates_values\n    switch $argv[1]\n";
  for (const ConfigurationKey& key : source.keys) {
    if (!key.values.empty()) {
      text += fmt::format("        case {}\n            string split ' ' -- {}\n",
                          quoted(key.name),
                          quoted(join(key.values, " ")));
    }
  }
  return text + "    end\nend\n";
}

}  // namespace

std::string fish_completion(const CompletionSource& source) {
  std::string text =
      "# Completion of yates for fish, written by `yates completion fish`.\n\n"
      "set -g __yates_key_names " +
      quoted(keys_text(source)) + "\n\n" + value_function(source) + kEngine;
  for_each_command(source.program, [&](const std::string& path, const CommandEntry& command) {
    const std::string words = path.empty() ? "" : " " + path;
    for (const CommandEntry& verb : command.verbs) {
      text += fmt::format("complete -c yates -n '__yates_at -x{}' -a {} -d {}\n",
                          words,
                          verb.name,
                          quoted(short_description(verb.description)));
    }
    const std::string at =
        fmt::format("'__yates_at{}{}'", command.verbs.empty() ? "" : " -x", words);
    for (const OptionEntry& option : command.options) {
      text += option_line(at, path, option);
    }
  });
  return text;
}

}  // namespace yates::cli
