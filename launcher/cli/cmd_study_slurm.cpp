// SPDX-License-Identifier: Apache-2.0
// yates study submit|advance|stop|explain|export: a campaign on Slurm, and looking into its files.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/advance.hpp"
#include "launcher/campaign/explain.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/slurm_commands.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/study_verbs.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

struct SlurmArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::string site;
  std::string json_path;
  std::string run;
  std::string reason = "by hand";
  std::string table;
  bool dry_run = false;
  bool undo = false;
};

struct Loaded {
  config::StudyFile study;
  campaign::Plan plan;
};

Loaded load(const SlurmArguments& arguments) {
  Loaded loaded;
  loaded.study = config::load_study_file(arguments.file, arguments.overrides);
  loaded.plan = campaign::make_plan(loaded.study,
                                    std::max<std::int64_t>(loaded.study.slurm.gpus_per_node, 1));
  return loaded;
}

campaign::Submission submission_of(const SlurmArguments& arguments) {
  return {.yates = std::filesystem::read_symlink("/proc/self/exe"),
          .site_file = arguments.site,
          .overrides = arguments.overrides,
          .site = config::load_site_file(arguments.site)};
}

std::string step_name(campaign::Step step) {
  switch (step) {
    case campaign::Step::Submitted: return "submitted";
    case campaign::Step::Waiting: return "waiting";
    case campaign::Step::Stopped: return "stopped";
    case campaign::Step::Complete: return "complete";
  }
  return "";
}

void advance_verb(const SlurmArguments& arguments) {
  const Output output(arguments.json_path);
  const Loaded loaded = load(arguments);
  const campaign::Submission submission = submission_of(arguments);
  if (arguments.dry_run) {
    const auto waves = static_cast<std::int64_t>(campaign::wave_ends(loaded.study).size());
    for (std::int64_t wave = 1; wave <= waves; ++wave) {
      output.text("{}", campaign::dry_run(loaded.study, loaded.plan, submission, wave));
    }
    return;
  }
  // Said before the first job is submitted, not at each wave.
  if (campaign::read_wave_log(loaded.study).wave() == 0) {
    if (const std::string sentence = power_sentence(loaded.study); !sentence.empty()) {
      output.text("{}", sentence);
    }
  }
  (void)campaign::publish_plan(loaded.study, campaign::plan_json(loaded.study, loaded.plan));
  const campaign::Advance done = campaign::advance(loaded.study, loaded.plan, submission);
  output.text("{}: {}", step_name(done.step), done.text);
  output.json({{"schema", 1},
               {"study", loaded.study.spec.name},
               {"step", step_name(done.step)},
               {"reason", done.text}});
}

void stop_verb(const SlurmArguments& arguments) {
  const Output output("");
  const Loaded loaded = load(arguments);
  const std::filesystem::path halt = loaded.study.out / "HALT";
  if (arguments.undo) {
    std::error_code ignored;
    output.text("{}", std::filesystem::remove(halt, ignored) ? "may go on" : "was not stopped");
    return;
  }
  make_directories(loaded.study.out);
  write_file_atomic(halt, utc_now() + " " + arguments.reason + "\n");
  std::vector<std::string> names;
  const campaign::WaveLog log = campaign::read_wave_log(loaded.study);
  for (const campaign::Batch& batch : log.batches) {
    if (!batch.name.empty()) {
      names.push_back(batch.name);
    }
  }
  campaign::cancel_pending(names, campaign::slurm_directory(loaded.study));
  output.text("running runs save and stop, no other starts; `yates study stop {} --undo` ends that",
              arguments.file);
}

void explain_verb(const SlurmArguments& arguments) {
  const Loaded loaded = load(arguments);
  Output("").text("{}", campaign::explain_run(loaded.study, loaded.plan, arguments.run));
}

void export_verb(const SlurmArguments& arguments) {
  const Loaded loaded = load(arguments);
  const campaign::CampaignResults results =
      campaign::collect_results(loaded.study, loaded.plan, loaded.study.out);
  write_file_atomic(arguments.table, campaign::csv_text(results.table));
  Output("").text("{}: {} rows; {} runs have no results, {} diverged",
                  arguments.table,
                  results.table.rows.size(),
                  results.missing,
                  results.diverged);
}

CLI::App* add_verb(CLI::App& group,
                   const std::string& name,
                   const std::string& description,
                   SlurmArguments& arguments) {
  CLI::App* verb = group.add_subcommand(name, description);
  verb->add_option("study", arguments.file, "study file")->type_name("STUDY.yaml")->required();
  add_overrides(*verb, arguments.overrides);
  return verb;
}

void register_advance(CLI::App& group, const std::string& name, const std::string& description) {
  auto arguments = std::make_shared<SlurmArguments>();
  CLI::App* verb = add_verb(group, name, description, *arguments);
  verb->add_option("--site", arguments->site, "site file (default: a plain cluster)")
      ->type_name("SITE.yaml");
  verb->add_flag("--dry-run", arguments->dry_run, "print scripts and commands, submit nothing");
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates study " + name + " study.yaml --site slurm/sites/generic.yaml");
  verb->callback([arguments] { advance_verb(*arguments); });
}

void register_stop(CLI::App& group) {
  auto arguments = std::make_shared<SlurmArguments>();
  CLI::App* verb =
      add_verb(group, "stop", "let running runs save and stop, start no others", *arguments);
  verb->add_option("--reason", arguments->reason, "kept in OUT/HALT")->type_name("TEXT");
  verb->add_flag("--undo", arguments->undo, "let the study go on");
  set_example(*verb, "yates study stop study.yaml --reason \"wrong data set\"");
  verb->callback([arguments] { stop_verb(*arguments); });
}

}  // namespace

void register_study_slurm(CLI::App& group) {
  register_advance(group, "submit", "submit the first wave of runs and its gate to Slurm");
  register_advance(
      group, "advance", "submit the next wave, or stop by rule or budget; safe to repeat");
  register_stop(group);

  auto explain_arguments = std::make_shared<SlurmArguments>();
  CLI::App* explain = add_verb(group, "explain", "what happened to a run", *explain_arguments);
  explain->add_option("--run", explain_arguments->run, "id of the run, or its beginning")
      ->type_name("ID")
      ->required();
  set_example(*explain, "yates study explain study.yaml --run relocate.plus-s1");
  explain->callback([explain_arguments] { explain_verb(*explain_arguments); });

  auto export_arguments = std::make_shared<SlurmArguments>();
  CLI::App* table =
      add_verb(group, "export", "the results of all finished runs as one table", *export_arguments);
  table->add_option("--out", export_arguments->table, "CSV file to write")
      ->type_name("FILE.csv")
      ->required();
  set_example(*table, "yates study export study.yaml --out results.csv");
  table->callback([export_arguments] { export_verb(*export_arguments); });
}

}  // namespace yates::cli
