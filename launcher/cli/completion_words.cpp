// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/completion_words.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/cli/shell_output.hpp"

namespace yates::cli {
namespace {

void visit_below(
    const CommandEntry& command,
    const std::string& path,
    const std::function<void(const std::string& path, const CommandEntry& command)>& visit) {
  visit(path, command);
  for (const CommandEntry& verb : command.verbs) {
    visit_below(verb, path.empty() ? verb.name : path + " " + verb.name, visit);
  }
}

}  // namespace

void for_each_command(
    const CommandEntry& program,
    const std::function<void(const std::string& path, const CommandEntry& command)>& visit) {
  visit_below(program, "", visit);
}

std::string short_description(const std::string& text) {
  const std::string first = text.substr(0, text.find_first_of(";\n"));
  return first.ends_with('.') ? first.substr(0, first.size() - 1) : first;
}

std::string candidates_text(const std::string& path, const OptionEntry& option) {
  if (option.value.empty()) {
    return "";
  }
  // The settings of a measurement are not keys of a configuration.
  if (option.value == "key=value") {
    return path.starts_with("bench ") ? "@any" : "@keys";
  }
  std::vector<std::string> words = option.choices;
  words.insert(words.end(), option.offers.begin(), option.offers.end());
  const ValueForm form = form_of(option);
  if (form.folder) {
    words.emplace_back("@dir");
  }
  for (const std::string& extension : form.extensions) {
    words.push_back("@file:" + extension);
  }
  if (form.file && form.extensions.empty()) {
    words.emplace_back("@file");
  }
  return words.empty() ? "@any" : join(words, " ");
}

std::string candidates_text(const ConfigurationKey& key) {
  if (!key.values.empty()) {
    return join(key.values, " ");
  }
  return key.path ? "@file" : "@any";
}

std::string command_table(const std::string& name, const CommandEntry& program) {
  std::string text = name + "() {\n  verbs='' options=''\n  case $1 in\n";
  for_each_command(program, [&](const std::string& path, const CommandEntry& command) {
    std::vector<std::string> verbs;
    for (const CommandEntry& verb : command.verbs) {
      verbs.push_back(verb.name);
    }
    std::vector<std::string> options;
    for (const OptionEntry& option : command.options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
    }
    text += fmt::format("    {}) verbs={} options={} ;;\n",
                        shell_quoted(path),
                        shell_quoted(join(verbs, " ")),
                        shell_quoted(join(options, " ")));
  });
  return text + "  esac\n}\n";
}

std::string value_table(const std::string& name, const CompletionSource& source) {
  std::string text = name + "() {\n  found=''\n  case $1 in\n";
  for_each_command(source.program, [&](const std::string& path, const CommandEntry& command) {
    int positionals = 0;
    for (const OptionEntry& option : command.options) {
      const std::string candidates = candidates_text(path, option);
      if (candidates.empty()) {
        continue;
      }
      std::vector<std::string> labels;
      for (const std::string& option_name : option.names) {
        labels.push_back(shell_quoted(path + ":" + option_name));
      }
      if (option.positional()) {
        labels.push_back(
            shell_quoted(fmt::format("{}:{}{}", path, ++positionals, option.repeated ? "+" : "")));
      }
      text += fmt::format("    {}) found={} ;;\n", join(labels, "|"), shell_quoted(candidates));
    }
  });
  for (const ConfigurationKey& key : source.keys) {
    text += fmt::format("    '={}') found={} ;;\n", key.name, shell_quoted(candidates_text(key)));
  }
  return text + "  esac\n}\n";
}

std::string keys_text(const CompletionSource& source) {
  std::vector<std::string> words;
  for (const ConfigurationKey& key : source.keys) {
    words.push_back(key.name + "=");
  }
  return join(words, " ");
}

}  // namespace yates::cli
