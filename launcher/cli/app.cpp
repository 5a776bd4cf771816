// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/app.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::cli {
namespace {

void print_error(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
}

/// "did you mean 'doctor'?" where the first word is no verb.
std::string verb_suggestion(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return "";
  }
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) {
    names.push_back(verb->get_name());
  }
  const std::string word = argv[1];
  const bool known = std::find(names.begin(), names.end(), word) != names.end();
  return known ? "" : suggestion(word, names);
}

/// Wrong usage is 2; `--help` and `--version` are 0.
int usage_exit(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (app.exit(error) == 0) {
    return 0;
  }
  if (const std::string hint = verb_suggestion(app, argc, argv); !hint.empty()) {
    print_error(hint);
  }
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
    return usage_exit(app, error, argc, argv);
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
