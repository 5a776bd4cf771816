// SPDX-License-Identifier: Apache-2.0
// yates study power: what the study will be able to tell, before anything is spent on it.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/power_json.hpp"
#include "launcher/cli/study_verbs.hpp"
#include "launcher/config/study_file.hpp"
#include "launcher/report/figure_power.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::cli {
namespace {

struct PowerArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::string pilot;
  std::string results;
  std::string runs;
  bool blind = false;
  std::optional<double> sigma;
  std::optional<double> sigma_df;
  std::optional<double> effect;
  std::optional<double> budget;
  double power = 0.8;
  std::int64_t most_rows = 12;
  std::string figure;
  std::string json_path;
};

[[noreturn]] void fail(ExitCode code, std::string what, std::string where, std::string allowed) {
  throw Error(code,
              Problem{.what = std::move(what),
                      .where = std::move(where),
                      .allowed = std::move(allowed),
                      .fix = ""});
}

std::string unit_of(const std::string& metric) {
  return metric == "dice" ? "Dice points" : metric.ends_with("_mm") ? "mm" : metric;
}

/// The study with its question, and what a seed costs.
struct Planned {
  config::StudyFile file;
  study::Design design;
  study::Contrast contrast;
  study::PowerQuestion question;
};

/// GPU-days of one seed in all arms, and in those with weight; nothing if one is unknown.
void add_costs(Planned& planned) {
  const campaign::Plan plan = campaign::make_plan(planned.file, 1);
  double all = 0;
  double own = 0;
  for (const campaign::PlannedRun& run : plan.runs) {
    if (run.block != 1) {
      continue;
    }
    if (!run.gpu_days) {
      return;
    }
    all += *run.gpu_days;
    const study::Levels& levels = planned.file.arms[run.arm].levels;
    for (std::size_t cell = 0; cell < planned.design.size(); ++cell) {
      if (planned.contrast.weights[cell] != 0 && planned.design.matches(cell, levels)) {
        own += *run.gpu_days;
      }
    }
  }
  planned.question.seed_days = all;
  planned.question.own_seed_days = own;
}

Planned planned_study(config::StudyFile file) {
  study::PowerQuestion question = study::power_question(file.spec);
  study::Design design(file.spec.factors, file.spec.exclude);
  study::Contrast contrast =
      parse_contrast(design, file.spec.primary->contrast, file.spec.primary->at);
  Planned planned{.file = std::move(file),
                  .design = std::move(design),
                  .contrast = std::move(contrast),
                  .question = std::move(question)};
  add_costs(planned);
  planned.question.budget_days = planned.file.gpu_days;
  return planned;
}

Planned load(const PowerArguments& arguments) {
  Planned planned = planned_study(config::load_study_file(arguments.file, arguments.overrides));
  if (arguments.budget) {
    planned.question.budget_days = arguments.budget;
  }
  planned.question.effect = arguments.effect.value_or(planned.question.effect);
  planned.question.power = arguments.power;
  return planned;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

/// "hd95" for "hd95_mm": columns of tables name regions, not units.
std::string plain_metric(const std::string& metric) {
  return metric.ends_with("_mm") ? metric.substr(0, metric.size() - 3) : metric;
}

/// The column of a table of cells that holds the primary response: dice_mean, else dice.
std::string response_column(const CsvTable& table, const study::PrimaryContrast& primary) {
  const std::string region = lower_case(primary.region);
  const std::string plain = plain_metric(primary.metric);
  for (const std::string& name :
       {primary.metric + "_" + region, plain + "_" + region, primary.metric, plain}) {
    if (table.find_column(name)) {
      return name;
    }
  }
  fail(ExitCode::BadData,
       "no column holds the primary response",
       table.origin,
       primary.metric + "_" + region + ", or the columns case, region, dice, hd95_mm");
}

/// Estimates of sigma from runs of this design, best first: the contrast's own cells within seeds,
/// all cells within seeds, within cells.
std::vector<study::RunSigma> sigmas_of(const study::RunTable& table, const Planned& planned) {
  std::vector<std::size_t> own;
  std::vector<std::size_t> all(planned.design.size());
  std::iota(all.begin(), all.end(), 0U);
  for (const std::size_t cell : all) {
    if (planned.contrast.weights[cell] != 0) {
      own.push_back(cell);
    }
  }
  std::vector<study::RunSigma> sigmas;
  const auto add = [&](std::optional<study::RunSigma> sigma, const std::string& where) {
    if (sigma) {
      sigma->source = where;
      sigmas.push_back(*sigma);
    }
  };
  add(sigma_within_seeds(table, own), "within seeds, the cells of the contrast");
  add(sigma_within_seeds(table, all), "within seeds, all cells");
  add(sigma_within_cells(table, own), "within the cells of the contrast");
  add(sigma_within_cells(table, all), "within all cells");
  return sigmas;
}

/// True if the analysis takes a shift shared by a seed's arms out.
bool within_seeds(const study::PowerQuestion& question) {
  const study::Method method =
      study::planned_replication(question, std::max<std::int64_t>(question.seeds, 2)).method;
  return method == study::Method::Blocked || method == study::Method::PerSeedT;
}

/// The estimate that fits the planned analysis comes first.
void order_sigmas(std::vector<study::RunSigma>& sigmas, const study::PowerQuestion& question) {
  const bool blocked = within_seeds(question);
  std::stable_partition(sigmas.begin(), sigmas.end(), [&](const study::RunSigma& sigma) {
    return (sigma.method == study::Method::Blocked) == blocked;
  });
}

/// One row per run: factor columns, the response, and seeds where the table has them.
study::RunTable read_cells(const CsvTable& table, const Planned& planned) {
  const std::size_t response = table.column(response_column(table, *planned.file.spec.primary));
  const auto seed = table.find_column("seed");
  study::RunTable runs{
      .cells = planned.design.size(), .seeds_are_blocks = seed.has_value(), .runs = {}};
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    std::vector<std::size_t> levels;
    for (const study::Factor& factor : planned.design.factors()) {
      const std::string& name = table.rows[row][table.column(factor.name)];
      const auto level = study::find_level(factor, name);
      if (!level) {
        fail(ExitCode::BadData,
             fmt::format("'{}' is no level of the study's factor '{}'", name, factor.name),
             fmt::format("{}:{}", table.origin, table.lines[row]),
             join(factor.levels, ", "));
      }
      levels.push_back(*level);
    }
    const auto number = seed ? parse_integer(table.rows[row][*seed])
                             : std::optional(static_cast<std::int64_t>(row));
    const double value = table.number(row, response);
    if (!number || !std::isfinite(value)) {
      fail(ExitCode::BadData,
           "a run without a whole number as seed, or without a finite result",
           fmt::format("{}:{}", table.origin, table.lines[row]),
           "");
    }
    runs.runs.push_back({.cell = planned.design.cell(levels), .seed = *number, .value = value});
  }
  return runs;
}

/// The primary response of each run, from results per case or from a table of cells.
study::RunTable read_runs(const CsvTable& table, const Planned& planned) {
  if (!table.find_column("case") || !table.find_column("region")) {
    return read_cells(table, planned);
  }
  const study::PrimaryContrast& primary = *planned.file.spec.primary;
  const study::StudyData data =
      read_results(table, study::ResultsOptions{.study = planned.file.spec});
  for (const study::Response& response : data.responses) {
    if (study::same_metric(response.metric, primary.metric) && response.region == primary.region) {
      return data.table(response);
    }
  }
  fail(ExitCode::BadData,
       fmt::format("no row has {} of the region {}", primary.metric, primary.region),
       table.origin,
       "");
}

/// Sigma from a pilot table in one of three forms: results of runs, a table of cells with
/// replicates, or pairs of repeated runs.
std::vector<study::RunSigma> read_pilot(const std::string& path, const Planned& planned) {
  const CsvTable table = read_csv(path);
  const auto& factors = planned.design.factors();
  const bool of_this_design =
      std::all_of(factors.begin(), factors.end(), [&](const study::Factor& factor) {
        return table.find_column(factor.name).has_value();
      });
  const study::PrimaryContrast& primary = *planned.file.spec.primary;
  const std::string ending = "_" + plain_metric(primary.metric);
  const auto paired =
      std::count_if(table.header.begin(), table.header.end(), [&](const std::string& name) {
        return name.find(ending) != std::string::npos;
      });
  if (!of_this_design || paired >= 2) {
    const study::PairNoise noise = study::read_pair_noise(
        table, plain_metric(primary.metric) + "_" + lower_case(primary.region));
    return {{.value = noise.sd,
             .df = noise.df,
             .method = study::Method::Pooled,
             .source = "pairs of repeated runs"}};
  }
  std::vector<study::RunSigma> sigmas = sigmas_of(read_runs(table, planned), planned);
  if (sigmas.empty()) {
    fail(ExitCode::BadData,
         "no cell of the pilot has two runs: a standard deviation needs repeats",
         path,
         "two seeds in at least two cells of the design");
  }
  return sigmas;
}

/// Sigma from the study's own runs so far. Nothing else of them is looked at.
std::vector<study::RunSigma> read_blind(const PowerArguments& arguments, const Planned& planned) {
  const std::string folder = arguments.runs.empty() ? planned.file.out.string() : arguments.runs;
  const CsvTable table =
      arguments.results.empty()
          ? campaign::collect_results(planned.file, campaign::make_plan(planned.file, 1), folder)
                .table
          : read_csv(arguments.results);
  std::vector<study::RunSigma> sigmas = sigmas_of(read_runs(table, planned), planned);
  if (sigmas.empty()) {
    fail(ExitCode::Incomplete,
         "no two seeds are finished in two arms: the SD cannot be re-estimated yet",
         table.origin,
         "at least two complete seeds");
  }
  return sigmas;
}

std::vector<study::RunSigma> find_sigmas(const PowerArguments& arguments, const Planned& planned) {
  std::vector<study::RunSigma> sigmas;
  if (arguments.blind) {
    sigmas = read_blind(arguments, planned);
  } else if (!arguments.pilot.empty()) {
    sigmas = read_pilot(arguments.pilot, planned);
  } else if (arguments.sigma) {
    return {{.value = *arguments.sigma,
             .df = arguments.sigma_df.value_or(std::numeric_limits<double>::infinity()),
             .method = study::Method::Blocked,
             .source = "given"}};
  } else {
    const std::string& metric = planned.file.spec.primary->metric;
    for (const study::Method method : {study::Method::Blocked, study::Method::Pooled}) {
      if (const auto sigma = study::published_sigma(metric, method)) {
        sigmas.push_back(*sigma);
      }
    }
  }
  if (sigmas.empty()) {
    fail(ExitCode::Usage,
         fmt::format("nothing is known about a run's standard deviation in {}",
                     planned.file.spec.primary->metric),
         "yates study power",
         "--pilot TABLE.csv or --sigma X");
  }
  order_sigmas(sigmas, planned.question);
  if (!(sigmas.front().value > 0)) {
    fail(ExitCode::BadData,
         "the runs do not vary at all: a standard deviation of 0 cannot be planned with",
         arguments.pilot + arguments.results,
         "runs with different seeds");
  }
  return sigmas;
}

std::string number(double value) {
  return report::plain_number(value, 2);
}

std::string row_text(const study::PowerRow& row, const study::PowerRow& careful) {
  return fmt::format("{:>6}  {:<16}{:>6.0f}{:>8.0f} %{:>9.0f} %{:>9}{:>9}{:>11}",
                     row.n,
                     report::method_label(row.method),
                     row.df,
                     100 * row.power,
                     100 * careful.power,
                     number(row.mde),
                     number(careful.mde),
                     row.gpu_days ? fmt::format("{:.4g}", *row.gpu_days) : "-");
}

void print_sigma(const Output& output, const study::PowerPlan& plan) {
  const study::RunSigma& sigma = plan.sigma;
  if (std::isinf(sigma.df)) {
    output.text("SD of a run: {} ({})", number(sigma.value), sigma.source);
    return;
  }
  output.text("SD of a run: {}, 95 % interval {} to {}, below {} with 80 % confidence ({} df; {})",
              number(sigma.value),
              number(plan.sigma_interval.low),
              number(plan.sigma_interval.high),
              number(plan.sigma_upper),
              sigma.df,
              sigma.source);
}

void print_sequential(const Output& output, const study::SequentialForecast& forecast) {
  std::string looks;
  for (std::size_t i = 0; i < forecast.looks.size(); ++i) {
    looks += fmt::format(
        "{}{} seeds |t| >= {}", i == 0 ? "" : ", ", forecast.looks[i], number(forecast.bounds[i]));
  }
  output.text("looks ({}): {}", report::method_label(forecast.model.method), looks);
  output.text(
      "  if the effect is there: found with {:.0f} %, {:.1f} seeds on average; if there is none: "
      "{:.1f} seeds, {:.0f} % stop for futility",
      100 * forecast.at_effect.power,
      forecast.at_effect.expected_seeds,
      forecast.at_null.expected_seeds,
      100 * forecast.at_null.futile);
}

void print_plan(const Output& output, const study::PowerPlan& plan, bool blind) {
  const study::PowerQuestion& question = plan.question;
  output.text("{}: to find {} with probability {:.0f} %, two-sided {}{}",
              question.contrast,
              number(question.effect),
              100 * question.power,
              question.alpha,
              blind ? "; blinded: no estimate of the effect was looked at" : "");
  print_sigma(output, plan);
  output.text("{:>6}  {:<16}{:>6}{:>10}{:>11}{:>9}{:>9}{:>11}",
              "seeds",
              "method",
              "df",
              "power",
              "careful",
              "MDE",
              "careful",
              "GPU-days");
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    output.text("{}", row_text(plan.rows[i], plan.careful[i]));
  }
  output.text("careful: at the 80 % upper bound of the SD, {}", number(plan.sigma_upper));
  if (question.own_seed_days && question.seed_days &&
      *question.own_seed_days < *question.seed_days) {
    output.text("a seed costs {:.3g} GPU-days in all arms, {:.3g} in those of the contrast alone",
                *question.seed_days,
                *question.own_seed_days);
  }
  if (plan.sequential) {
    print_sequential(output, *plan.sequential);
  }
  output.text("{}", plan.sentence);
}

void power_verb(const PowerArguments& arguments) {
  if (arguments.blind && !arguments.pilot.empty()) {
    fail(ExitCode::Usage,
         "--blind beside --pilot",
         "yates study power",
         "--blind takes the SD from the study's own runs, --pilot from other ones");
  }
  const Output output(arguments.json_path);
  const Planned planned = load(arguments);
  const std::vector<study::RunSigma> sigmas = find_sigmas(arguments, planned);
  const study::PowerPlan plan =
      study::plan_power(planned.question, sigmas.front(), arguments.most_rows);
  print_plan(output, plan, arguments.blind);
  if (!arguments.figure.empty()) {
    write_file_atomic(arguments.figure,
                      report::power_figure(plan, unit_of(planned.file.spec.primary->metric)));
  }
  output.json(power_json(planned.file.spec, plan, sigmas, arguments.blind));
}

void add_sigma_options(CLI::App& verb, PowerArguments& arguments) {
  verb.add_option("--pilot",
                  arguments.pilot,
                  "the SD of a run from a table: results of runs (factors, seed, case, region, "
                  "dice, hd95_mm), cells with replicates (factors, seed, dice_mean), or pairs "
                  "(FIRST_dice_mean, SECOND_dice_mean)")
      ->type_name("CSV");
  auto* sigma = verb.add_option("--sigma", arguments.sigma, "the SD of a run, if you know it")
                    ->check(CLI::PositiveNumber)
                    ->excludes("--pilot");
  verb.add_option("--sigma-df", arguments.sigma_df, "degrees of freedom behind --sigma")
      ->check(CLI::PositiveNumber)
      ->needs(sigma);
  verb.add_flag("--blind",
                arguments.blind,
                "the SD from the study's own runs so far, without looking at any effect: the only "
                "way to re-plan a running study that keeps its test honest");
  verb.add_option(
          "--runs", arguments.runs, "with --blind: folder of the campaign, if not study.out")
      ->type_name("DIR");
  verb.add_option("--results", arguments.results, "with --blind: results table instead of runs")
      ->type_name("CSV");
}

}  // namespace

std::string power_sentence(const config::StudyFile& study) {
  if (!study.spec.primary) {
    return "";
  }
  Planned planned = planned_study(study);
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
  add_sigma_options(*verb, *arguments);
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
