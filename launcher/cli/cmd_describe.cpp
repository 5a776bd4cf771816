// SPDX-License-Identifier: Apache-2.0
// yates-worker describe: the verbs of one program, for the other.
#include <fmt/format.h>

#include "launcher/cli/command_tree.hpp"
#include "launcher/cli/guide_verbs.hpp"

namespace yates::cli {

void register_describe(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("describe", "all verbs and options as JSON");
  verb->group("");
  verb->callback([&app] { fmt::print("{}\n", to_json(describe(app)).dump()); });
}

}  // namespace yates::cli
