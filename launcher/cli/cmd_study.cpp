// SPDX-License-Identifier: Apache-2.0
// yates study plan|run|status|retry: a campaign from its study file, on this machine.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/slurm_script.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/study_step_times.hpp"
#include "launcher/cli/study_verbs.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

struct StudyArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::string json_path;
  std::string run;
  std::int64_t gpus = 0;
  std::int64_t slots = 1;
  std::int64_t ranks = 0;
  std::string srun;
  std::string srun_gpus = "gres";
  std::string stage;
  StepTimeArguments times;
  std::int64_t watch_s = 0;
};

/// The study, its plan, and plan.json brought into being or compared.
struct Planned {
  config::StudyFile study;
  campaign::Plan plan;
  Json json;
  campaign::Published published;
};

Planned plan_study(const StudyArguments& arguments) {
  Planned planned;
  planned.study = config::load_study_file(arguments.file, arguments.overrides);
  const std::int64_t gpus = arguments.gpus > 0
                                ? arguments.gpus
                                : std::max<std::int64_t>(planned.study.slurm.gpus_per_node, 1);
  const campaign::StepTimeSources sources = read_step_times(arguments.times, planned.study);
  planned.plan = campaign::current_plan(planned.study, gpus);
  if (!sources.measurements.empty()) {
    planned.plan = campaign::make_plan(
        planned.study, gpus, campaign::step_times(planned.study, planned.plan, sources));
  }
  planned.json = campaign::plan_json(planned.study, planned.plan);
  planned.published = campaign::publish_plan(planned.study, planned.json);
  return planned;
}

void print_plan(const Output& output, const Planned& planned) {
  const config::StudyFile& study = planned.study;
  output.text("{}: {} arms, {} seeds, {} runs",
              study.spec.name,
              study.arms.size(),
              study.spec.seeds.size(),
              planned.plan.runs.size());
  for (const config::StudyArm& arm : study.arms) {
    output.text("  {}{}", arm.id, arm.is_external() ? "  (external: " + arm.command[0] + ")" : "");
  }
  output.text("a first guess: {:.3g} GPU-days, {:.3g} days (no schedule is shorter than {:.3g})",
              planned.plan.gpu_days,
              planned.plan.makespan_days,
              planned.plan.lower_bound_days);
  if (study.gpu_days && planned.plan.gpu_days > *study.gpu_days) {
    output.text("warning: that is more than the budget of {:.3g} GPU-days", *study.gpu_days);
  }
  for (const Json& term : planned.json["not_estimable"]) {
    output.text("not estimable: {} ({}); add {}",
                term["term"].get<std::string>(),
                term["why"].get<std::string>(),
                term["add"].empty() ? "more than three cells" : term["add"].dump());
  }
  for (const Json& power : planned.json["power"]) {
    output.text("power of {} with {} seeds: {:.0f} % if a run's SD is {} (finds {:.3g} with 80 %)",
                power["contrast"].get<std::string>(),
                power["n"].get<std::int64_t>(),
                100 * power["power"].get<double>(),
                power["sigma"].get<double>(),
                power["mde"].get<double>());
  }
  if (const std::string sentence = power_sentence(study); !sentence.empty()) {
    output.text("{}; yates study power says more", sentence);
  }
  output.text("{} {}",
              campaign::plan_path(study).string(),
              planned.published == campaign::Published::Written ? "written" : "is unchanged");
}

/// A declared contrast that the planned cells leave open would otherwise be found out at the end.
void warn_of_open_primary(const Planned& planned) {
  const auto& primary = planned.study.spec.primary;
  for (const Json& term : planned.json["not_estimable"]) {
    if (primary && primary->at.empty() && term["term"] == primary->contrast) {
      log_warning("{}: the primary contrast {} cannot be told from the cells that are planned; {}",
                  planned.study.path.string(),
                  primary->contrast,
                  term["add"].empty() ? "declare another"
                                      : "keep " + term["add"].dump() + ", or declare another");
    }
  }
}

void plan_verb(const StudyArguments& arguments) {
  const Output output(arguments.json_path);
  const Planned planned = plan_study(arguments);
  print_plan(output, planned);
  output.json(planned.json);
  warn_of_open_primary(planned);
}

void status_verb(const StudyArguments& arguments) {
  const Output output(arguments.json_path);
  const config::StudyFile study = config::load_study_file(arguments.file, arguments.overrides);
  const campaign::Plan plan =
      campaign::current_plan(study, std::max<std::int64_t>(study.slurm.gpus_per_node, 1));
  for (;;) {
    const campaign::StatusReport report = campaign::report_status(study, plan);
    const bool redraws = arguments.watch_s > 0 && ::isatty(STDOUT_FILENO) == 1;
    output.text("{}{}", redraws ? "\033[H\033[2J" : "", report.text);
    output.json(report.json);
    if (arguments.watch_s == 0 || report.finished) {
      return;
    }
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(arguments.watch_s));
  }
}

void retry_verb(const StudyArguments& arguments) {
  const Planned planned = plan_study(arguments);
  const std::int64_t count = campaign::retry_failed(planned.study, planned.plan, arguments.run);
  Output("").text("{} runs wait again; `yates study run {}` starts them", count, arguments.file);
}

/// Runs that are not finished are an error of the campaign, told after everything else is done.
void report_end(const StudyArguments& arguments, const campaign::CampaignCounts& counts) {
  if (counts.stopped && counts.open > 0) {
    throw Error(ExitCode::Interrupted,
                Problem{.what = fmt::format("stopped with {} runs to go", counts.open),
                        .where = arguments.file,
                        .allowed = "",
                        .fix = "the same command continues"});
  }
  if (counts.failed > 0 || (counts.open > 0 && counts.ended.empty())) {
    throw Error(
        ExitCode::Incomplete,
        Problem{.what = fmt::format("{} runs failed, {} were not started{}",
                                    counts.failed,
                                    counts.open,
                                    counts.over_budget ? ": the budget is used up" : ""),
                .where = arguments.file,
                .allowed = "",
                .fix = "see `yates study status`, RUN/log; `yates study retry` tries again"});
  }
}

void run_verb(const StudyArguments& arguments) {
  const Output output(arguments.json_path);
  const Planned planned = plan_study(arguments);
  const campaign::LauncherOptions options{
      .slots = arguments.slots,
      .ranks = arguments.ranks > 0 ? arguments.ranks : planned.study.slurm.ranks_per_run,
      .yates = std::filesystem::read_symlink("/proc/self/exe"),
      .only = arguments.run,
      .launch = arguments.srun.empty()
                    ? std::vector<std::string>{}
                    : campaign::srun_words(planned.study,
                                           {.mpi = arguments.srun, .gpus_as = arguments.srun_gpus}),
      .stage = arguments.stage};
  const campaign::CampaignCounts counts =
      campaign::run_campaign(planned.study, planned.plan, options);
  const campaign::StatusReport report = campaign::report_status(planned.study, planned.plan);
  output.text("{}", report.text);
  if (!counts.ended.empty()) {
    output.text("no further seeds: {}", counts.ended);
  }
  output.json(report.json);
  report_end(arguments, counts);
}

CLI::App* add_study_verb(CLI::App& group,
                         const std::string& name,
                         const std::string& description,
                         StudyArguments& arguments) {
  CLI::App* verb = group.add_subcommand(name, description);
  verb->add_option("study", arguments.file, "study file")->type_name("STUDY.yaml")->required();
  add_overrides(*verb, arguments.overrides);
  return verb;
}

void register_plan(CLI::App& group, const std::shared_ptr<StudyArguments>& arguments) {
  CLI::App* plan = add_study_verb(
      group,
      "plan",
      "fix arms, runs and their ids in OUT/plan.json; say what it will cost and tell",
      *arguments);
  plan->add_option("--gpus", arguments->gpus, "GPUs to plan for (default slurm.gpus_per_node)")
      ->check(CLI::Range(1, 100'000));
  add_step_time_options(*plan, arguments->times);
  add_json_option(*plan, arguments->json_path);
  set_example(*plan, "yates study plan configs/studies/table01.yaml --gpus 8");
  plan->callback([arguments] { plan_verb(*arguments); });
}

void register_run(CLI::App& group, const std::shared_ptr<StudyArguments>& arguments) {
  CLI::App* run =
      add_study_verb(group,
                     "run",
                     "run all runs on this machine; the same command continues after any end",
                     *arguments);
  run->add_option("--slots", arguments->slots, "runs at the same time (default 1)")
      ->check(CLI::Range(1, 1024));
  run->add_option(
         "--ranks", arguments->ranks, "MPI ranks of each run (default slurm.ranks_per_run)")
      ->check(CLI::Range(1, 1024));
  run->add_option("--run", arguments->run, "only this run; a clean stop ends with 75")
      ->type_name("ID");
  run->add_option("--srun", arguments->srun, "start ranks by srun with this --mpi, not by mpirun")
      ->type_name("MPI");
  run->add_option("--stage",
                  arguments->stage,
                  "copy the data set to this folder of the node first, once per node, and check it")
      ->type_name("DIR");
  run->add_option("--srun-gpus",
                  arguments->srun_gpus,
                  "how srun asks for GPUs, as gpus_as of a site file: gres, per_node, none")
      ->check(CLI::IsMember({"gres", "per_node", "none"}));
  add_json_option(*run, arguments->json_path);
  set_example(*run, "yates study run study.yaml --slots 2 --ranks 2");
  run->callback([arguments] { run_verb(*arguments); });
}

}  // namespace

void register_study(CLI::App& app) {
  auto arguments = std::make_shared<StudyArguments>();
  CLI::App* group = app.add_subcommand("study", "plan, run and watch all runs of a study");
  group->require_subcommand(1);
  set_example(*group, "yates study run study.yaml --slots 2");
  register_plan(*group, arguments);
  register_study_estimate(*group);
  register_study_power(*group);
  register_study_register(*group);
  register_run(*group, arguments);

  CLI::App* status =
      add_study_verb(*group, "status", "where every run stands, on one screen", *arguments);
  status
      ->add_option("--watch",
                   arguments->watch_s,
                   "again every so many seconds (default 10) until nothing changes any more")
      ->type_name("[SECONDS]")
      ->expected(0, 1)
      ->default_str("10")
      ->check(CLI::Range(1, 86'400));
  add_json_option(*status, arguments->json_path);
  set_example(*status, "yates study status study.yaml --json -");
  status->callback([arguments] { status_verb(*arguments); });

  CLI::App* retry = add_study_verb(
      *group, "retry", "let failed runs be tried again by the next `study run`", *arguments);
  retry->add_option("--run", arguments->run, "only this run (default: all failed ones)")
      ->type_name("ID");
  set_example(*retry, "yates study retry study.yaml");
  retry->callback([arguments] { retry_verb(*arguments); });
  register_study_slurm(*group);
}

}  // namespace yates::cli
