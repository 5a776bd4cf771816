// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/command_tree.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.hpp"

namespace yates::cli {
namespace {

/// What the validators of an option add to its type in the help.
std::string validator_text(CLI::Option& option) {
  std::string text;
  try {
    for (int i = 0;; ++i) {
      if (const std::string part = option.get_validator(i)->get_description(); !part.empty()) {
        text += ":" + part;
      }
    }
  } catch (const CLI::OptionNotFound&) {
    return text;
  }
}

/// CLI11 writes a set as "{a,b}" and a map as "{a->0,b->1} OR {0,1}"; the words before the arrows
/// are the ones to type.
std::vector<std::string> choices_in(const std::string& validators) {
  const std::size_t open = validators.find('{');
  const std::size_t close = validators.find('}', open);
  if (open == std::string::npos || close == std::string::npos) {
    return {};
  }
  std::vector<std::string> words;
  for (const std::string& part : split(validators.substr(open + 1, close - open - 1), ',')) {
    words.push_back(part.substr(0, part.find("->")));
  }
  return words;
}

OptionEntry describe_option(CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames()) {
    entry.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    entry.names.push_back("--" + name);
  }
  entry.description = option.get_description();
  entry.required = option.get_required();
  if (option.get_items_expected_max() == 0) {
    return entry;
  }
  const std::string validators = validator_text(option);
  const std::string type = option.get_type_name();
  entry.value = type.substr(0, type.size() - validators.size());
  if (entry.value.empty()) {
    entry.value = "TEXT";
  }
  entry.fallback = option.get_default_str();
  entry.choices = choices_in(validators);
  entry.repeated = option.get_expected_max() >= CLI::detail::expected_max_vector_size ||
                   option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  entry.value_optional = option.get_items_expected_min() == 0;
  return entry;
}

void add_options(CLI::App& app, CommandEntry& entry) {
  for (CLI::Option* option : app.get_options({})) {
    if (option->get_group().empty()) {
      continue;
    }
    OptionEntry described = describe_option(*option);
    const bool known =
        std::any_of(entry.options.begin(), entry.options.end(), [&](const OptionEntry& other) {
          return !other.positional() && other.names == described.names;
        });
    if (!known) {
      entry.options.push_back(std::move(described));
    }
  }
}

bool ends_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) == 0;
}

}  // namespace

ValueForm form_of(const OptionEntry& option) {
  ValueForm form;
  for (const std::string& part : split(option.value, '|')) {
    const std::size_t dot = part.find('.');
    const std::string stem = part.substr(0, dot);
    if (stem == "DIR") {
      form.folder = true;
    } else if (part == "CSV" || part == "YAML") {
      form.file = true;
      form.extensions.emplace_back(part == "CSV" ? "csv" : "yaml");
    } else if (dot != std::string::npos && part.find("...") == std::string::npos) {
      form.file = true;
      const std::string extension = part.substr(dot + 1);
      form.extensions.push_back(
          {extension.begin(), std::find_if(extension.begin(), extension.end(), ends_word)});
    } else if (stem == "FILE") {
      form.file = true;
    }
  }
  return form;
}

CommandEntry describe(CLI::App& app) {
  CommandEntry entry{.name = app.get_name(),
                     .description = app.get_description(),
                     .footer = app.get_footer(),
                     .options = {},
                     .verbs = {}};
  add_options(app, entry);
  for (CLI::App* part : app.get_subcommands([](CLI::App*) { return true; })) {
    if (part->get_name().empty()) {
      add_options(*part, entry);  // an option group
    } else if (!part->get_group().empty()) {
      entry.verbs.push_back(describe(*part));
    }
  }
  return entry;
}

CommandEntry* find_verb(CommandEntry& command, const std::string& name) {
  const auto found = std::find_if(
      command.verbs.begin(), command.verbs.end(), [&](auto& verb) { return verb.name == name; });
  return found == command.verbs.end() ? nullptr : &*found;
}

Json to_json(const CommandEntry& command) {
  Json options = Json::array();
  for (const OptionEntry& option : command.options) {
    options.push_back({{"names", option.names},
                       {"value", option.value},
                       {"description", option.description},
                       {"default", option.fallback},
                       {"choices", option.choices},
                       {"required", option.required},
                       {"repeated", option.repeated},
                       {"value_optional", option.value_optional}});
  }
  Json verbs = Json::array();
  for (const CommandEntry& verb : command.verbs) {
    verbs.push_back(to_json(verb));
  }
  return {{"name", command.name},
          {"description", command.description},
          {"footer", command.footer},
          {"options", std::move(options)},
          {"verbs", std::move(verbs)}};
}

CommandEntry command_from_json(const Json& json, const std::string& origin) {
  CommandEntry command{.name = json_get<std::string>(json, "name", origin),
                       .description = json_get<std::string>(json, "description", origin),
                       .footer = json_get<std::string>(json, "footer", origin),
                       .options = {},
                       .verbs = {}};
  for (const Json& option : json_get<Json>(json, "options", origin)) {
    command.options.push_back(
        {.names = json_get<std::vector<std::string>>(option, "names", origin),
         .value = json_get<std::string>(option, "value", origin),
         .description = json_get<std::string>(option, "description", origin),
         .fallback = json_get<std::string>(option, "default", origin),
         .choices = json_get<std::vector<std::string>>(option, "choices", origin),
         .offers = {},
         .required = json_get<bool>(option, "required", origin),
         .repeated = json_get<bool>(option, "repeated", origin),
         .value_optional = json_get<bool>(option, "value_optional", origin)});
  }
  for (const Json& verb : json_get<Json>(json, "verbs", origin)) {
    command.verbs.push_back(command_from_json(verb, origin));
  }
  return command;
}

}  // namespace yates::cli
