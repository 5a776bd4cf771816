// SPDX-License-Identifier: Apache-2.0
// yates config reference|check: what may stand in configuration files, and whether one is right.
#include <memory>
#include <string>
#include <vector>

#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/reference.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::cli {
namespace {

struct ConfigArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::string json_path;
};

void print_reference(const ConfigArguments& arguments) {
  const Output output(arguments.json_path);
  output.text("{}", config::reference_text());
  output.json(config::reference_json());
}

void check_file(const ConfigArguments& arguments) {
  const Output output(arguments.json_path);
  if (config::is_study_file(arguments.file)) {
    const config::StudyFile study = config::load_study_file(arguments.file, arguments.overrides);
    output.text("{}: a study file without errors: {} arms, {} seeds, {} runs",
                arguments.file,
                study.arms.size(),
                study.spec.seeds.size(),
                study.arms.size() * study.spec.seeds.size());
    output.json(Json{{"file", arguments.file}, {"kind", "study"}, {"arms", study.arms.size()}});
    return;
  }
  (void)config::load_run_config(arguments.file, arguments.overrides);
  output.text("{}: a run configuration without errors", arguments.file);
  output.json(Json{{"file", arguments.file}, {"kind", "run"}});
}

}  // namespace

void register_config(CLI::App& app) {
  auto arguments = std::make_shared<ConfigArguments>();
  CLI::App* group = app.add_subcommand("config", "the keys of configuration files, and a check");
  group->require_subcommand(1);
  set_example(*group, "yates config check configs/smoke.yaml model.width=16");

  CLI::App* reference =
      group->add_subcommand("reference", "print every key: type, unit, range, default and meaning");
  add_json_option(*reference, arguments->json_path);
  set_example(*reference, "yates config reference");
  reference->callback([arguments] { print_reference(*arguments); });

  CLI::App* check = group->add_subcommand(
      "check", "check a run or study file; all errors at once, exit code 78 if there are any");
  check->add_option("file", arguments->file, "run or study file")->type_name("FILE")->required();
  add_overrides(*check, arguments->overrides);
  add_json_option(*check, arguments->json_path);
  set_example(*check, "yates config check arm.yaml model.width=32 data.patch=[64,64,64]");
  check->callback([arguments] { check_file(*arguments); });
}

}  // namespace yates::cli
