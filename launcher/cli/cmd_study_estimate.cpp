// SPDX-License-Identifier: Apache-2.0
// yates study estimate: what a study costs, how long it takes, what that saves.
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/campaign/estimate.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/study_step_times.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

struct EstimateArguments {
  std::string file;
  std::vector<std::string> overrides;
  StepTimeArguments times;
  std::string widths;
  std::string json_path;
  std::int64_t gpus = 0;
  campaign::EstimateOptions options;
};

/// "1:1,2:0.92" as ranks and efficiencies. An arm of ours shares its global batch over its ranks,
/// so every width must divide it.
std::vector<campaign::Width> parse_widths(const std::string& text, const config::StudyFile& study) {
  std::vector<campaign::Width> widths;
  for (const std::string& part : split(text, ',')) {
    const std::vector<std::string> sides = split(part, ':');
    const auto ranks = parse_integer(sides.front());
    const double efficiency = sides.size() == 2 ? parse_number(sides.back()).value_or(0) : 0;
    if (!ranks || *ranks < 1 || !(efficiency > 0 && efficiency <= 1)) {
      throw Error(ExitCode::Usage,
                  yates::Problem{.what = "no width: '" + part + "'",
                                 .where = "--widths",
                                 .allowed = "RANKS:EFFICIENCY with an efficiency in (0, 1], joined "
                                            "by commas, e.g. 1:1,2:0.92",
                                 .fix = "`yates bench scaling` measures it"});
    }
    for (const config::StudyArm& arm : study.arms) {
      if (!arm.is_external() && arm.config.train.global_batch % *ranks != 0) {
        throw Error(ExitCode::Usage,
                    yates::Problem{.what = fmt::format("{} ranks cannot share a global batch of {}",
                                                       *ranks,
                                                       arm.config.train.global_batch),
                                   .where = "--widths",
                                   .allowed = "divisors of train.global_batch",
                                   .fix = ""});
      }
    }
    widths.push_back({.ranks = *ranks, .efficiency = efficiency});
  }
  return widths;
}

void estimate_verb(EstimateArguments& arguments) {
  const Output output(arguments.json_path);
  const config::StudyFile study = config::load_study_file(arguments.file, arguments.overrides);
  campaign::EstimateOptions& options = arguments.options;
  options.gpus =
      arguments.gpus > 0 ? arguments.gpus : std::max<std::int64_t>(study.slurm.gpus_per_node, 1);
  options.sources = read_step_times(arguments.times, study);
  options.sources.runs = true;
  if (!arguments.widths.empty()) {
    options.widths = parse_widths(arguments.widths, study);
  }
  const campaign::Estimate estimate = campaign::estimate_study(study, options);
  output.text("{}", campaign::estimate_text(study, options, estimate));
  output.json(campaign::estimate_json(study, options, estimate));
}

}  // namespace

void register_study_estimate(CLI::App& group) {
  auto arguments = std::make_shared<EstimateArguments>();
  CLI::App* verb = group.add_subcommand(
      "estimate",
      "GPU-days and days of a study from measured step times, runs under way, or FLOPs");
  verb->add_option("study", arguments->file, "study file")->type_name("STUDY.yaml")->required();
  add_overrides(*verb, arguments->overrides);
  add_step_time_options(*verb, arguments->times);
  verb->add_option("--gpus", arguments->gpus, "GPUs at hand (default slurm.gpus_per_node)")
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--widths",
                   arguments->widths,
                   "also the shortest time if runs may have these numbers of ranks")
      ->type_name("RANKS:EFFICIENCY,...");
  verb->add_option("--mtbf",
                   arguments->options.mtbf_gpu_days,
                   "GPU-days between two failures, for what checkpoints save")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--run-sd",
                   arguments->options.run_sd,
                   "SD of a run's Dice over seeds in points, for what the looks save")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_json_option(*verb, arguments->json_path);
  set_example(*verb,
              "yates study estimate configs/studies/table01.yaml --gpus 8 --seconds-per-step 1.9");
  verb->callback([arguments] { estimate_verb(*arguments); });
}

}  // namespace yates::cli
