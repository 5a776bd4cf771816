// SPDX-License-Identifier: Apache-2.0
// yates doctor [--dir D] [--json F]: can this machine run it? Each finding with its fix.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/machine_checks.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

void print_check(const Output& output, const MachineCheck& check) {
  output.text("{:<8} {:<12} {}", to_string(check.state), check.check, check.found);
  if (!check.fix.empty()) {
    output.text("{:<21} fix: {}", "", check.fix);
  }
}

void run_doctor(const std::string& folder, const std::string& json_path) {
  const Output output(json_path);
  std::vector<MachineCheck> checks = check_machine();
  for (MachineCheck& check : check_file_system(folder)) {
    checks.push_back(std::move(check));
  }
  Json json = Json::array();
  std::vector<Problem> errors;
  for (const MachineCheck& check : checks) {
    print_check(output, check);
    json.push_back({{"check", check.check},
                    {"state", to_string(check.state)},
                    {"found", check.found},
                    {"fix", check.fix}});
    if (check.state == CheckState::Error) {
      errors.push_back(
          {.what = check.found, .where = check.check, .allowed = "", .fix = check.fix});
    }
  }
  output.json(json);
  if (!errors.empty()) {
    throw Error(ExitCode::Io, std::move(errors));
  }
}

}  // namespace

void register_doctor(CLI::App& app) {
  struct Arguments {
    std::string folder = ".";
    std::string json_path;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("doctor", "can this machine run yates? each finding with its fix");
  verb->add_option("--dir", arguments->folder, "folder where runs shall live")
      ->type_name("DIR")
      ->capture_default_str();
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates doctor --dir /scratch/$USER");
  verb->callback([arguments] { run_doctor(arguments->folder, arguments->json_path); });
}

}  // namespace yates::cli
