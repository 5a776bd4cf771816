// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/app.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::cli {
namespace {

void print_error(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
}

/// The verb that was reached, e.g. `import` of `yates data import`, and its full name.
std::pair<const CLI::App*, std::string> reached_verb(const CLI::App& app) {
  const CLI::App* verb = &app;
  std::string name = app.get_name();
  while (!verb->get_subcommands().empty()) {
    verb = verb->get_subcommands().back();
    name += " " + verb->get_name();
  }
  return {verb, name};
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (!verb->get_name().empty()) {
      names.push_back(verb->get_name());
    }
  }
  return names;
}

/// Options of a verb, those of its groups included.
std::vector<const CLI::Option*> all_options(const CLI::App& verb) {
  std::vector<const CLI::Option*> options = verb.get_options();
  for (const CLI::App* group : verb.get_subcommands({})) {
    if (group->get_name().empty()) {
      const std::vector<const CLI::Option*> more = group->get_options();
      options.insert(options.end(), more.begin(), more.end());
    }
  }
  return options;
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : all_options(verb)) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

/// The option that a wrong one means: the nearest, or one that begins like it or it like one.
std::string meant_option(const std::string& word, const std::vector<std::string>& names) {
  if (const auto match = closest_match(word, names)) {
    return *match;
  }
  const auto begins_alike = [&](const std::string& name) {
    return name.starts_with(word) || word.starts_with(name);
  };
  const auto found = std::find_if(names.begin(), names.end(), begins_alike);
  return found == names.end() ? "" : *found;
}

/// Words that no option or verb took: unknown verbs and options, in that order of likelihood.
void report_extras(const CLI::App& verb,
                   const std::string& where,
                   std::set<std::string>& meant,
                   std::vector<Problem>& problems) {
  const std::vector<std::string> verbs = verb_names(verb);
  const std::vector<std::string> options = option_names(verb);
  for (const std::string& word : verb.remaining()) {
    const std::string name = word.substr(0, word.find('='));
    Problem problem{.what = "", .where = where, .allowed = "", .fix = ""};
    if (word.starts_with("-")) {
      const std::string match = meant_option(name, options);
      meant.insert(match);
      problem.what = "there is no option '" + name + "'";
      problem.allowed = join(options, ", ");
      problem.fix = match.empty() ? "" : "did you mean '" + match + "'?";
    } else if (!verbs.empty()) {
      problem.what = "there is no verb '" + word + "'";
      problem.allowed = join(verbs, ", ");
      problem.fix = suggestion(word, verbs);
    } else if (problems.empty()) {
      problem.what = "the word '" + word + "' is one too many";
    } else {
      continue;  // The value of an option that is unknown.
    }
    problems.push_back(std::move(problem));
    if (!verbs.empty()) {
      return;
    }
  }
}

void report_missing(const CLI::App& verb,
                    const std::string& where,
                    const std::set<std::string>& meant,
                    std::vector<Problem>& problems) {
  for (const CLI::Option* option : all_options(verb)) {
    const std::string name = option->get_name();
    if (option->get_required() && option->count() == 0 && meant.count(name) == 0) {
      problems.push_back(
          {.what = "the option " + name + " is missing",
           .where = where,
           .allowed = name + " " + option->get_type_name() + ": " + option->get_description(),
           .fix = ""});
    }
  }
}

/// Everything that is wrong with a command line, in our form. Wrong usage is 2; `--help` and
/// `--version` are 0.
int usage_exit(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    return app.exit(error);
  }
  const auto [verb, name] = reached_verb(app);
  std::vector<Problem> problems;
  std::set<std::string> meant;
  report_extras(*verb, name, meant, problems);
  const bool of_the_verb = problems.empty() || verb_names(*verb).empty();
  if (of_the_verb) {
    report_missing(*verb, name, meant, problems);
  }
  if (problems.empty()) {
    problems.push_back({.what = error.what(), .where = name, .allowed = "", .fix = ""});
    if (!verb_names(*verb).empty()) {
      problems.back().allowed = join(verb_names(*verb), ", ");
    }
  }
  std::string& fix = problems.back().fix;
  fix += fmt::format("{}{} --help", fix.empty() ? "" : " See ", name);
  print_error(Error(ExitCode::Usage, std::move(problems)).what());
  return static_cast<int>(ExitCode::Usage);
}

}  // namespace

int run_app(int argc, char** argv, std::span<const RegisterVerb> verbs) {
  CLI::App app(
      "yates - replicated factorial studies of 3D brain-tumour segmentation networks\n"
      "Start with `yates doctor`; every verb has --help with an example.",
      "yates");
  app.require_subcommand(0, 1);
  for (const RegisterVerb& register_verb : verbs) {
    register_verb(app);
  }
  try {
    app.parse(argc, argv);
    if (argc <= 1) {
      fmt::print("{}", app.help());
    }
    return 0;
  } catch (const CLI::RuntimeError& ended) {
    return ended.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return usage_exit(app, error);
  } catch (const Error& error) {
    print_error(error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    print_error(fmt::format("internal error: {}", error.what()));
    return static_cast<int>(ExitCode::Internal);
  }
}

void add_overrides(CLI::App& verb, std::vector<std::string>& overrides) {
  verb.add_option(
          "overrides", overrides, "configuration, e.g. model.width=32 data.patch=[64,64,64]")
      ->type_name("key=value")
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos ? "'" + text + "' is not of the form key=value"
                                                   : std::string();
      });
}

void add_json_option(CLI::App& verb, std::string& json_path) {
  verb.add_option("--json", json_path, "write the result as JSON; - is standard output")
      ->type_name("FILE");
}

void set_example(CLI::App& verb, const std::string& example) {
  verb.footer("Example:\n  " + example);
}

}  // namespace yates::cli
