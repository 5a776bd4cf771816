// SPDX-License-Identifier: Apache-2.0
// yates study power: what the study will be able to tell, before anything is spent on it.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/planned_study.hpp"
#include "launcher/cli/power_json.hpp"
#include "launcher/cli/power_sigma.hpp"
#include "launcher/cli/power_text.hpp"
#include "launcher/cli/study_verbs.hpp"
#include "launcher/config/study_file.hpp"
#include "launcher/report/figure_power.hpp"

namespace yates::cli {
namespace {

struct PowerArguments {
  std::string file;
  std::vector<std::string> overrides;
  SigmaSource sigma;
  std::optional<double> effect;
  std::optional<double> budget;
  double power = 0.8;
  std::int64_t most_rows = 12;
  std::string figure;
  std::string json_path;
};

std::string unit_of(const std::string& metric) {
  return metric == "dice" ? "Dice points" : metric.ends_with("_mm") ? "mm" : metric;
}

PlannedStudy load(const PowerArguments& arguments) {
  PlannedStudy planned =
      planned_study(config::load_study_file(arguments.file, arguments.overrides));
  if (arguments.budget) {
    planned.question.budget_days = arguments.budget;
  }
  planned.question.effect = arguments.effect.value_or(planned.question.effect);
  planned.question.power = arguments.power;
  return planned;
}

void power_verb(const PowerArguments& arguments) {
  if (arguments.sigma.blind && !arguments.sigma.pilot.empty()) {
    throw Error(
        ExitCode::Usage,
        Problem{
            .what = "--blind beside --pilot",
            .where = "yates study power",
            .allowed = "--blind takes the SD from the study's own runs, --pilot from other ones",
            .fix = ""});
  }
  const Output output(arguments.json_path);
  const PlannedStudy planned = load(arguments);
  const std::vector<study::RunSigma> sigmas = find_sigmas(arguments.sigma, planned);
  const study::PowerPlan plan =
      study::plan_power(planned.question, sigmas.front(), arguments.most_rows);
  print_plan(output, plan, arguments.sigma.blind);
  if (!arguments.figure.empty()) {
    write_file_atomic(arguments.figure,
                      report::power_figure(plan, unit_of(planned.file.spec.primary->metric)));
  }
  output.json(power_json(planned.file.spec, plan, sigmas, arguments.sigma.blind));
}

void add_sigma_options(CLI::App& verb, SigmaSource& source) {
  verb.add_option("--pilot",
                  source.pilot,
                  "the SD of a run from a table: results of runs (factors, seed, case, region, "
                  "dice, hd95_mm), cells with replicates (factors, seed, dice_mean), or pairs "
                  "(FIRST_dice_mean, SECOND_dice_mean)")
      ->type_name("CSV");
  auto* sigma = verb.add_option("--sigma", source.sigma, "the SD of a run, if you know it")
                    ->check(CLI::PositiveNumber)
                    ->excludes("--pilot");
  verb.add_option("--sigma-df", source.sigma_df, "degrees of freedom behind --sigma")
      ->check(CLI::PositiveNumber)
      ->needs(sigma);
  verb.add_flag("--blind",
                source.blind,
                "the SD from the study's own runs so far, without looking at any effect: the only "
                "way to re-plan a running study that keeps its test honest");
  verb.add_option("--runs", source.runs, "with --blind: folder of the campaign, if not study.out")
      ->type_name("DIR");
  verb.add_option("--results", source.results, "with --blind: results table instead of runs")
      ->type_name("CSV");
}

}  // namespace

std::string power_sentence(const config::StudyFile& study) {
  if (!study.spec.primary) {
    return "";
  }
  PlannedStudy planned = planned_study(study);
  // Looks save runs; they do not make an answer affordable that all runs cannot give.
  planned.question.sequential.reset();
  const study::Method method =
      within_seeds(planned.question) ? study::Method::Blocked : study::Method::Pooled;
  const auto sigma = study::published_sigma(study.spec.primary->metric, method);
  return sigma ? study::plan_power(planned.question, *sigma, 2).sentence : "";
}

void register_study_power(CLI::App& group) {
  auto arguments = std::make_shared<PowerArguments>();
  CLI::App* verb = group.add_subcommand(
      "power",
      "what the study can find: power and smallest detectable effect by number of seeds, GPU-days, "
      "and whether the budget pays for an answer");
  verb->add_option("study", arguments->file, "study file")->type_name("STUDY.yaml")->required();
  add_overrides(*verb, arguments->overrides);
  add_sigma_options(*verb, arguments->sigma);
  verb->add_option("--effect",
                   arguments->effect,
                   "effect to find, Dice points or mm (default analysis.primary.delta, else 1)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--power", arguments->power, "probability wanted of finding it")
      ->check(CLI::Range(0.05, 0.999))
      ->capture_default_str();
  verb->add_option("--budget", arguments->budget, "GPU-days (default budget.gpu_days)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--seeds", arguments->most_rows, "rows for 2 to N seeds per arm")
      ->check(CLI::Range(2, 200))
      ->capture_default_str();
  verb->add_option("--figure", arguments->figure, "write the power curve")->type_name("FILE.svg");
  add_json_option(*verb, arguments->json_path);
  verb->footer(
      "The test is the one the study declares (analysis.primary.method); its power follows from "
      "the exact\nnoncentral t. An interaction of one 2 x 2 has SE = 2 SD / sqrt(seeds). Without "
      "--pilot the SD is that\nof the paper's three re-seeded runs: an order of magnitude. Spend "
      "two seeds on a pilot first.\n"
      "Example:\n  yates study power study.yaml --pilot pilot.csv --budget 96 --figure power.svg");
  verb->callback([arguments] { power_verb(*arguments); });
}

}  // namespace yates::cli
