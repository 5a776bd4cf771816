// SPDX-License-Identifier: Apache-2.0
// yates study submit|advance|stop|explain|export|fsck: a campaign on Slurm, and looking into its
// files.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "launcher/campaign/advance.hpp"
#include "launcher/campaign/bundle.hpp"
#include "launcher/campaign/explain.hpp"
#include "launcher/campaign/fsck.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/results_hdf5.hpp"
#include "launcher/campaign/slurm_commands.hpp"
#include "launcher/campaign/submission_preview.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/installed_files.hpp"
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
  std::string bundle;
  bool dry_run = false;
  bool check = false;
  bool undo = false;
};

struct Loaded {
  config::StudyFile study;
  campaign::Plan plan;
};

Loaded load(const SlurmArguments& arguments) {
  Loaded loaded;
  loaded.study = config::load_study_file(arguments.file, arguments.overrides);
  loaded.plan = campaign::current_plan(loaded.study,
                                       std::max<std::int64_t>(loaded.study.slurm.gpus_per_node, 1));
  return loaded;
}

campaign::Submission submission_of(const SlurmArguments& arguments) {
  const std::filesystem::path site = site_file(arguments.site);
  return {.yates = std::filesystem::read_symlink("/proc/self/exe"),
          .site_file = site,
          .overrides = arguments.overrides,
          .site = config::load_site_file(site)};
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
  if (arguments.check) {
    output.text("{}", campaign::check_submission(loaded.study, loaded.plan, submission));
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

void export_table(const SlurmArguments& arguments, const Loaded& loaded) {
  const campaign::CampaignResults results =
      campaign::collect_results(loaded.study, loaded.plan, loaded.study.out);
  const std::string extension = std::filesystem::path(arguments.table).extension();
  if (extension == ".h5" || extension == ".hdf5") {
    campaign::write_results_hdf5(arguments.table, loaded.study, results);
  } else {
    write_file_atomic(arguments.table, campaign::csv_text(results.table));
  }
  Output("").text("{}: {} rows; {} runs have no results, {} diverged",
                  arguments.table,
                  results.table.rows.size(),
                  results.missing,
                  results.diverged);
}

void export_verb(const SlurmArguments& arguments) {
  if (arguments.table.empty() && arguments.bundle.empty()) {
    throw Error(ExitCode::Usage,
                yates::Problem{.what = "nothing to write was named",
                               .where = "yates study export",
                               .allowed = "--out FILE.csv, --out FILE.h5, --bundle FILE.tar",
                               .fix = ""});
  }
  const Loaded loaded = load(arguments);
  if (!arguments.table.empty()) {
    export_table(arguments, loaded);
  }
  if (!arguments.bundle.empty()) {
    const campaign::Bundle bundle = campaign::write_bundle(
        arguments.bundle,
        loaded.study,
        loaded.plan,
        {.yates = std::filesystem::read_symlink("/proc/self/exe"),
         .version = fmt::format("yates {} ({})", build_info::kVersion, build_info::kGit)});
    Output("").text("{}: {} files", arguments.bundle, bundle.files);
    if (!bundle.report.empty()) {
      log_warning("without a report: {}", bundle.report);
    }
  }
}

void fsck_verb(const SlurmArguments& arguments) {
  const Output output(arguments.json_path);
  const Loaded loaded = load(arguments);
  const std::vector<campaign::Repair> repairs =
      campaign::check_campaign(loaded.study, loaded.plan, arguments.dry_run);
  Json json = Json::array();
  for (const campaign::Repair& repair : repairs) {
    const std::string action = repair.action.empty() ? "left as it is"
                               : arguments.dry_run   ? "would be " + repair.action
                                                     : repair.action;
    output.text("{}: {}: {}", repair.file, repair.found, action);
    json.push_back({{"file", repair.file}, {"found", repair.found}, {"action", repair.action}});
  }
  output.text("{} findings", repairs.size());
  output.json(json);
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
  verb->add_option("--site",
                   arguments->site,
                   "site file, or the name of one that came with yates (default: a plain cluster)")
      ->type_name("SITE.yaml");
  auto* dry =
      verb->add_flag("--dry-run", arguments->dry_run, "print scripts and commands, submit nothing");
  verb->add_flag("--check",
                 arguments->check,
                 "let Slurm check the first wave and its gate (sbatch --test-only), submit nothing")
      ->excludes(dry);
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates study " + name + " study.yaml --site generic");
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

void register_export(CLI::App& group) {
  auto arguments = std::make_shared<SlurmArguments>();
  CLI::App* verb = add_verb(group,
                            "export",
                            "the results of all finished runs as one table, or all that describes "
                            "the study as one archive",
                            *arguments);
  verb->add_option("--out", arguments->table, "table to write: CSV, or HDF5 for .h5")
      ->type_name("FILE.csv|FILE.h5");
  verb->add_option("--bundle",
                   arguments->bundle,
                   "archive of study, plan, splits, metrics, results, report and the commands that "
                   "redo it")
      ->type_name("FILE.tar");
  set_example(*verb, "yates study export study.yaml --out results.csv --bundle study.tar");
  verb->callback([arguments] { export_verb(*arguments); });
}

void register_fsck(CLI::App& group) {
  auto arguments = std::make_shared<SlurmArguments>();
  CLI::App* verb = add_verb(group,
                            "fsck",
                            "repair what a crash left in the folder of a study, and say what was "
                            "done",
                            *arguments);
  verb->add_flag("--dry-run", arguments->dry_run, "only say what is wrong");
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates study fsck study.yaml --dry-run");
  verb->callback([arguments] { fsck_verb(*arguments); });
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

  register_export(group);
  register_fsck(group);
}

}  // namespace yates::cli
