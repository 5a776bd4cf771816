// SPDX-License-Identifier: Apache-2.0
// yates completion bash|zsh|fish, yates manual --out DIR: written from the verbs themselves.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/command_tree.hpp"
#include "launcher/cli/completion.hpp"
#include "launcher/cli/guide_verbs.hpp"
#include "launcher/cli/installed_files.hpp"
#include "launcher/cli/man_page.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/shell_output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/schema.hpp"

namespace yates::cli {
namespace {

/// Site files that came with the program may be named instead of given.
void add_site_names(CommandEntry& command) {
  for (OptionEntry& option : command.options) {
    if (!option.names.empty() && option.names.back() == "--site") {
      option.offers = site_names();
    }
  }
  for (CommandEntry& verb : command.verbs) {
    add_site_names(verb);
  }
}

/// Puts what the worker says of its verbs in the place of their one-line entries. A build without
/// the worker keeps those.
void add_worker_verbs(CommandEntry& program) {
  const std::filesystem::path worker = worker_path();
  if (::access(worker.c_str(), X_OK) != 0) {
    return;
  }
  const ShellResult result = run_in_shell(shell_quoted(worker.string()) + " describe");
  if (!result.ok) {
    throw Error(ExitCode::Internal,
                Problem{.what = "it does not start, so that its verbs are unknown",
                        .where = worker.string(),
                        .allowed = "",
                        .fix = "see the message above, and yates doctor"});
  }
  CommandEntry described =
      command_from_json(parse_json(result.output, worker.string()), worker.string());
  for (CommandEntry& verb : described.verbs) {
    if (CommandEntry* entry = find_verb(program, verb.name)) {
      *entry = std::move(verb);
    }
  }
}

CommandEntry whole_program(CLI::App& app) {
  CommandEntry program = describe(app);
  add_worker_verbs(program);
  add_site_names(program);
  return program;
}

std::vector<ConfigurationKey> run_keys() {
  std::vector<ConfigurationKey> keys;
  for (const config::KeySpec& spec : config::run_schema()) {
    ConfigurationKey key{.name = spec.key, .values = spec.choices, .path = false};
    if (std::holds_alternative<bool& (*)(config::RunConfig&)>(spec.field)) {
      key.values = {"true", "false"};
    } else if (std::holds_alternative<std::string& (*)(config::RunConfig&)>(spec.field)) {
      key.path = spec.choices.empty();
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

void print_completion(CLI::App& app, const std::string& shell) {
  const CompletionSource source{.program = whole_program(app), .keys = run_keys()};
  fmt::print("{}",
             shell == "bash"  ? bash_completion(source)
             : shell == "zsh" ? zsh_completion(source)
                              : fish_completion(source));
}

void write_manual(CLI::App& app, const std::filesystem::path& folder) {
  make_directories(folder);
  const std::vector<ManPage> pages =
      man_pages(whole_program(app), build_info::kVersion, build_info::kDate);
  for (const ManPage& page : pages) {
    write_file_atomic(folder / page.file, page.text);
  }
  Output("").text("{} pages written to {}", pages.size(), folder.string());
}

}  // namespace

void register_completion(CLI::App& app) {
  struct Arguments {
    std::string shell;
    std::string folder;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* completion = app.add_subcommand(
      "completion", "print a script that lets a shell complete the command line of yates");
  completion->group("");
  completion->add_option("shell", arguments->shell, "which shell")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  set_example(*completion, "source <(yates completion bash)");
  completion->callback([arguments, &app] { print_completion(app, arguments->shell); });

  CLI::App* manual = app.add_subcommand("manual", "write the man pages");
  manual->group("");
  manual->add_option("--out", arguments->folder, "folder for yates.1, yates-study.1, ...")
      ->type_name("DIR")
      ->required();
  set_example(*manual, "yates manual --out man1 && man -l man1/yates-study.1");
  manual->callback([arguments, &app] { write_manual(app, arguments->folder); });
}

}  // namespace yates::cli
