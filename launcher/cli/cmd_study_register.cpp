// SPDX-License-Identifier: Apache-2.0
// yates study register|amend: fixes the declared analysis, and keeps a record of changing it.
#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "launcher/campaign/registration.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/study_verbs.hpp"

namespace yates::cli {
namespace {

struct RegisterArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::string reason;
  std::string json_path;
};

void register_verb(const RegisterArguments& arguments) {
  const Output output(arguments.json_path);
  const config::StudyFile study = config::load_study_file(arguments.file, arguments.overrides);
  const campaign::Registration registration =
      campaign::register_study(study, campaign::make_plan(study, 1));
  output.text("{}: registered {}, {} of the analysis and design",
              study.spec.name,
              registration.date,
              registration.hash);
  if (registration.finished_runs > 0) {
    output.text("{} runs had finished by then; every report will say so",
                registration.finished_runs);
  }
  output.text("kept in {}", campaign::registration_path(study).string());
  output.json(campaign::registration_json(registration));
}

void amend_verb(const RegisterArguments& arguments) {
  const Output output(arguments.json_path);
  const config::StudyFile study = config::load_study_file(arguments.file, arguments.overrides);
  const campaign::Registration registration =
      campaign::amend_study(study, campaign::make_plan(study, 1), arguments.reason);
  const campaign::Amendment& amendment = registration.amendments.back();
  output.text("{}: amended {}, when {} runs had finished",
              study.spec.name,
              amendment.date,
              amendment.finished_runs);
  for (const std::string& change : amendment.changes) {
    output.text("  {}", change);
  }
  output.text("every report will say so; kept in {}", campaign::registration_path(study).string());
  output.json(campaign::registration_json(registration));
}

CLI::App* add_verb(CLI::App& group,
                   const std::string& name,
                   const std::string& description,
                   RegisterArguments& arguments) {
  CLI::App* verb = group.add_subcommand(name, description);
  verb->add_option("study", arguments.file, "study file")->type_name("STUDY.yaml")->required();
  add_overrides(*verb, arguments.overrides);
  add_json_option(*verb, arguments.json_path);
  return verb;
}

}  // namespace

void register_study_register(CLI::App& group) {
  auto frozen = std::make_shared<RegisterArguments>();
  CLI::App* verb = add_verb(group,
                            "register",
                            "fix the declared analysis and design under a hash, before results",
                            *frozen);
  verb->footer(
      "Written once to OUT/registration.json. From then on `yates analyze --study` refuses a study "
      "file that\nmeans something else. Layout, comments and what a run costs may change.\n"
      "Example:\n  yates study register study.yaml");
  verb->callback([frozen] { register_verb(*frozen); });

  auto amended = std::make_shared<RegisterArguments>();
  verb = add_verb(group,
                  "amend",
                  "record, with date and reason, that the study file now declares something else",
                  *amended);
  verb->add_option("--reason", amended->reason, "why; printed on the first page of every report")
      ->type_name("TEXT")
      ->required()
      ->check([](const std::string& text) {
        const bool blank = std::all_of(
            text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; });
        return blank ? std::string("a reason is needed") : std::string();
      });
  verb->footer(
      "Edit the study file first: another analysis, further seeds or arms. plan.json follows; runs "
      "that were\nstarted stay in the study.\n"
      "Example:\n  yates study amend study.yaml --reason \"three more seeds: the SD was "
      "underestimated\"");
  verb->callback([amended] { amend_verb(*amended); });
}

}  // namespace yates::cli
