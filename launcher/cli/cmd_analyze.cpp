// SPDX-License-Identifier: Apache-2.0
// yates analyze: from results to effects, intervals, verdicts and a report.
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/csv.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "launcher/campaign/registration.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/study_file.hpp"
#include "launcher/report/effects_json.hpp"
#include "launcher/report/r_script.hpp"
#include "launcher/report/write_report.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/analysis_modes.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string study;
  std::string runs;
  std::string results;
  std::string table;
  std::vector<std::string> factors;
  std::vector<std::string> responses;
  std::vector<std::string> levels;
  std::vector<std::string> where;
  std::vector<std::string> lower_is_better;
  std::string block;
  std::string convention;
  std::optional<double> noise_sd;
  std::string noise_pairs;
  std::string contrast;
  std::vector<std::string> at;
  double alpha = 0.05;
  std::optional<double> delta;
  bool exploratory = false;
  std::string out;
  std::string r_script;
  std::string json_path;
};

[[noreturn]] void fail_usage(std::string what, std::string allowed) {
  throw Error(ExitCode::Usage,
              Problem{.what = std::move(what),
                      .where = "yates analyze",
                      .allowed = std::move(allowed),
                      .fix = ""});
}

/// Splits "key=value"; `option` names it in errors.
std::pair<std::string, std::string> key_value(const std::string& text, const std::string& option) {
  const std::size_t equal = text.find('=');
  if (equal == std::string::npos || equal == 0 || equal + 1 == text.size()) {
    fail_usage(fmt::format("{} has '{}'", option, text), "factor=level");
  }
  return {text.substr(0, equal), text.substr(equal + 1)};
}

study::Levels parse_levels(const std::vector<std::string>& texts, const std::string& option) {
  study::Levels levels;
  for (const std::string& text : texts) {
    levels.insert(key_value(text, option));
  }
  return levels;
}

/// "width=48,32" in each text.
std::vector<study::Factor> parse_orders(const std::vector<std::string>& texts) {
  std::vector<study::Factor> factors;
  for (const std::string& text : texts) {
    auto [name, list] = key_value(text, "--levels");
    factors.push_back({std::move(name), split(list, ',')});
  }
  return factors;
}

void remember_input(report::Provenance& provenance, const std::filesystem::path& path) {
  provenance.inputs.emplace_back(path.filename().string(), sha256_file(path));
}

study::StudyData read_table(const Arguments& arguments,
                            study::AnalysisOptions& options,
                            report::Provenance& provenance) {
  if (arguments.factors.empty() || arguments.responses.empty()) {
    fail_usage("--table needs --factors and --response",
               "columns of the table, separated by commas");
  }
  const bool block_given = !arguments.block.empty();
  const study::CellTableOptions table_options{.factors = arguments.factors,
                                              .responses = arguments.responses,
                                              .levels = parse_orders(arguments.levels),
                                              .where = parse_levels(arguments.where, "--where"),
                                              .block = block_given ? arguments.block : "seed",
                                              .block_required = block_given,
                                              .lower_is_better = arguments.lower_is_better};
  study::StudyData data = read_cell_table(read_csv(arguments.table), table_options);
  remember_input(provenance, arguments.table);
  for (const std::string& response : arguments.responses) {
    if (arguments.noise_sd) {
      options.noise[response] = {*arguments.noise_sd, std::numeric_limits<double>::infinity()};
    } else if (!arguments.noise_pairs.empty()) {
      options.noise[response] = study::read_pair_noise(read_csv(arguments.noise_pairs), response);
    }
  }
  if (!arguments.noise_pairs.empty()) {
    remember_input(provenance, arguments.noise_pairs);
  }
  return data;
}

/// Results of a study, and whether all runs that will ever come are among them.
struct StudyResults {
  CsvTable table;
  bool finished = false;
};

/// The results of a campaign's runs; warns about those that have none.
StudyResults read_runs(const Arguments& arguments, const config::StudyFile& study) {
  const campaign::Plan plan = campaign::make_plan(study, 1);
  campaign::CampaignResults results = campaign::collect_results(study, plan, arguments.runs);
  if (results.missing > 0) {
    log_warning("{} of {} runs have no results yet", results.missing, plan.runs.size());
  }
  if (results.diverged > 0) {
    log_warning("{} diverged runs are scored as empty predictions", results.diverged);
  }
  return {.table = std::move(results.table), .finished = results.open == 0};
}

/// True if every seed of every arm stands in the table, failed ones included.
bool has_all_runs(const CsvTable& table, const config::StudyFile& study) {
  const auto seed = table.find_column("seed");
  std::set<std::vector<std::string>> runs;
  for (std::size_t row = 0; seed && row < table.rows.size(); ++row) {
    std::vector<std::string> run = {table.rows[row][*seed]};
    for (const study::Factor& factor : study.spec.factors) {
      const auto column = table.find_column(factor.name);
      run.push_back(column ? table.rows[row][*column] : "");
    }
    runs.insert(std::move(run));
  }
  return runs.size() >= study.arms.size() * study.spec.seeds.size();
}

/// The registered analysis is the one that may be done; anything else is said on the first page.
void apply_registration(const Arguments& arguments,
                        const config::StudyFile& file,
                        report::Provenance& provenance) {
  const auto registration = campaign::read_registration(file);
  provenance.registration = campaign::registration_json(registration);
  provenance.stamps = campaign::registration_stamps(registration);
  const auto changes = campaign::registration_differences(file, registration);
  if (changes.empty()) {
    return;
  }
  if (!arguments.exploratory) {
    throw Error(ExitCode::BadConfig,
                Problem{.what = "the study file declares another analysis than was registered: " +
                                join(changes, "; "),
                        .where = file.path.string(),
                        .allowed = "",
                        .fix = fmt::format("undo the change; or yates study amend {} --reason "
                                           "\"...\"; or analyze --exploratory",
                                           file.path.string())});
  }
  provenance.exploratory = true;
  provenance.stamps.push_back("EXPLORATORY: another analysis than was registered (" +
                              join(changes, "; ") + ").");
}

/// A look at a sequential study that was not declared.
void check_looks(const Arguments& arguments,
                 const study::Analysis& analysis,
                 report::Provenance& provenance) {
  if (!analysis.looks || analysis.looks->unplanned.empty()) {
    return;
  }
  if (!arguments.exploratory) {
    throw Error(ExitCode::Incomplete,
                Problem{.what = "not a declared look at the data: " + analysis.looks->unplanned,
                        .where = arguments.study,
                        .allowed = "an analysis at a declared look: every other one inflates the "
                                   "error of the test",
                        .fix = "wait for the next look; yates study power --blind re-estimates the "
                               "SD meanwhile; analyze --exploratory shows the data and says so"});
  }
  provenance.exploratory = true;
  provenance.stamps.push_back("EXPLORATORY: not a declared look (" + analysis.looks->unplanned +
                              "). Nothing here is a result of the study.");
}

/// The same runs under the other conventions the table has; those it does not hold completely are
/// left out.
std::vector<study::StudyData> read_other_conventions(const CsvTable& table,
                                                     study::ResultsOptions options,
                                                     const std::string& chosen) {
  const auto column = table.find_column("convention");
  std::set<std::string> names;
  for (const auto& row : table.rows) {
    if (column) {
      names.insert(row[*column]);
    }
  }
  names.erase(chosen);
  std::vector<study::StudyData> others;
  for (const std::string& name : names) {
    try {
      options.convention = name;
      others.push_back(read_results(table, options));
    } catch (const Error& error) {
      log_warning("convention {} is left out of the sensitivity: {}", name, error.what());
    }
  }
  return others;
}

study::StudyData read_study(const Arguments& arguments,
                            study::AnalysisOptions& options,
                            report::Provenance& provenance,
                            std::vector<study::StudyData>& others) {
  study::ResultsOptions results_options{.study = {},
                                        .factors = arguments.factors,
                                        .levels = parse_orders(arguments.levels),
                                        .convention = arguments.convention};
  CsvTable table;
  if (!arguments.results.empty()) {
    table = read_csv(arguments.results);
    remember_input(provenance, arguments.results);
  }
  options.finished = true;
  if (!arguments.study.empty()) {
    const config::StudyFile file = config::load_study_file(arguments.study);
    apply_registration(arguments, file, provenance);
    if (!arguments.runs.empty()) {
      StudyResults results = read_runs(arguments, file);
      table = std::move(results.table);
      options.finished = results.finished;
    } else {
      options.finished = has_all_runs(table, file);
    }
    options.primary = file.spec.primary;
    options.sequential = file.spec.sequential;
    options.planned_seeds = file.spec.seeds.size();
    options.seed_order = file.spec.seeds;
    provenance.title = file.spec.name;
    provenance.of_study = true;
    remember_input(provenance, arguments.study);
    results_options.study = file.spec;
  }
  study::StudyData data = read_results(table, results_options);
  if (data.responses.empty()) {
    throw Error(ExitCode::Incomplete,
                Problem{.what = "no metric has a finite value in any region",
                        .where = table.origin,
                        .allowed = "at least one case with a value in every run",
                        .fix = ""});
  }
  others = read_other_conventions(table, results_options, data.convention);
  return data;
}

void check_sources(const Arguments& arguments) {
  const int sources = (arguments.table.empty() ? 0 : 1) + (arguments.results.empty() ? 0 : 1) +
                      (arguments.runs.empty() ? 0 : 1);
  if (sources != 1) {
    fail_usage(fmt::format("{} sources of results are named", sources),
               "one of --table, --results, --runs");
  }
  if (!arguments.runs.empty() && arguments.study.empty()) {
    fail_usage("--runs without --study", "the study file says which runs belong to which arm");
  }
  if (!arguments.study.empty() && !arguments.contrast.empty()) {
    fail_usage("--contrast beside --study", "the study file alone declares the primary contrast");
  }
}

std::string describe_primary(const study::Analysis& analysis, const study::ContrastSummary& row) {
  const std::string setting = analysis.data.design.describe(row.at);
  const std::string what = fmt::format("{}{}: {} = {:+.3f}",
                                       row.name,
                                       setting.empty() ? "" : " at " + setting,
                                       row.metric + (row.region.empty() ? "" : " " + row.region),
                                       row.estimate.estimate);
  if (row.estimate.method == study::Method::None) {
    return what + ", single runs: no interval, no verdict";
  }
  return fmt::format("{} [{:.3f}, {:.3f}], p = {:.4f}, {} ({} {}, {})",
                     what,
                     row.interval.low,
                     row.interval.high,
                     row.p,
                     to_string(row.verdict),
                     row.estimate.n,
                     analysis.data.seeds_are_blocks ? "seeds" : "replicates",
                     to_string(row.estimate.method));
}

/// The asked contrast without a row, or without an interval where one was possible to ask for.
void require_primary(const study::Analysis& analysis) {
  if (!analysis.options.primary || analysis.primary() != nullptr) {
    return;
  }
  const study::PrimaryContrast& primary = *analysis.options.primary;
  Problem problem{.what = fmt::format("the primary contrast {} cannot be estimated in {} {}",
                                      primary.contrast,
                                      primary.metric,
                                      primary.region),
                  .where = "analysis",
                  .allowed = "runs in every cell it compares, with that metric and region",
                  .fix = ""};
  for (const study::NotEstimable& entry : analysis.not_estimable) {
    if (entry.term == primary.contrast && entry.at == primary.at) {
      problem.what += "; " + entry.why;
    }
  }
  throw Error(ExitCode::Incomplete, problem);
}

void run_analyze(const Arguments& arguments) {
  check_sources(arguments);
  const Output output(arguments.json_path);
  study::AnalysisOptions options{.alpha = arguments.alpha, .delta = arguments.delta};
  report::Provenance provenance{
      .title = std::filesystem::path(arguments.table + arguments.results).stem().string(),
      .version = fmt::format("{} ({})", build_info::kVersion, build_info::kGit),
      .inputs = {},
      .stamps = {}};
  std::vector<study::StudyData> others;
  study::StudyData data = arguments.table.empty()
                              ? read_study(arguments, options, provenance, others)
                              : read_table(arguments, options, provenance);
  if (!arguments.contrast.empty()) {
    const study::Response& first = data.responses.front();
    options.primary = study::PrimaryContrast{.metric = first.metric,
                                             .region = first.region,
                                             .contrast = arguments.contrast,
                                             .at = parse_levels(arguments.at, "--at"),
                                             .alpha = arguments.alpha,
                                             .delta = arguments.delta};
  }
  study::Analysis analysis = analyze(std::move(data), std::move(options));
  for (const study::StudyData& other : others) {
    add_convention(analysis, other);
  }
  check_looks(arguments, analysis, provenance);
  report::write_report(arguments.out, analysis, provenance);
  if (!arguments.r_script.empty()) {
    report::write_r_script(arguments.r_script, analysis);
  }
  for (const std::string& stamp : provenance.stamps) {
    output.text("{}", stamp);
  }
  for (const std::string& warning : analysis.warnings) {
    log_warning("{}", warning);
  }
  if (const study::ContrastSummary* primary = analysis.primary()) {
    output.text("{}", describe_primary(analysis, *primary));
  }
  output.text("{} runs, {} contrasts; report: {}",
              analysis.data.runs.size(),
              analysis.contrasts.size(),
              (std::filesystem::path(arguments.out) / "report.html").string());
  if (output.wants_json()) {
    output.json(report::effects_json(analysis, provenance));
  }
  require_primary(analysis);
}

void add_table_options(CLI::App& verb, Arguments& arguments) {
  verb.add_option(
          "--table", arguments.table, "CSV of a published table: one row per cell or replicate")
      ->type_name("CSV");
  verb.add_option("--factors",
                  arguments.factors,
                  "columns that are factors; their order fixes signs and Yates order")
      ->delimiter(',')
      ->type_name("A,B,...");
  verb.add_option("--response", arguments.responses, "columns of numbers to analyse")
      ->delimiter(',')
      ->type_name("Y,...");
  verb.add_option("--levels",
                  arguments.levels,
                  "order of a factor's levels, first = low; other rows are left out")
      ->type_name("FACTOR=LOW,HIGH")
      ->expected(1)
      ->take_all();
  verb.add_option("--where", arguments.where, "keep only rows with this value in this column")
      ->type_name("COLUMN=VALUE")
      ->expected(1)
      ->take_all();
  verb.add_option("--block",
                  arguments.block,
                  "column of blocks shared by the cells (default: seed, where the table has it)")
      ->type_name("COLUMN");
  verb.add_option("--lower-is-better",
                  arguments.lower_is_better,
                  "responses where less is better (hd95, loss, ... are known)")
      ->delimiter(',')
      ->type_name("Y,...");
  auto* sd = verb.add_option("--noise-sd",
                             arguments.noise_sd,
                             "standard deviation of a run, known from elsewhere; for single runs");
  verb.add_option("--noise-pairs",
                  arguments.noise_pairs,
                  "CSV of repeated runs, columns FIRST_Y and SECOND_Y; for single runs")
      ->type_name("CSV")
      ->excludes(sd);
}

}  // namespace

void register_analyze(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("analyze", "effects, intervals, verdicts and a report from results");
  verb->add_option("--study", arguments->study, "study file: design and declared analysis")
      ->type_name("YAML");
  verb->add_option("--runs", arguments->runs, "folder of a campaign with its runs")
      ->type_name("DIR");
  verb->add_option(
          "--results", arguments->results, "CSV: factors, seed, case, region, dice, hd95_mm")
      ->type_name("CSV");
  add_table_options(*verb, *arguments);
  verb->add_option("--convention",
                   arguments->convention,
                   "metric convention to read; default: the study's, or the only one");
  verb->add_option("--contrast",
                   arguments->contrast,
                   "primary contrast without a study file, e.g. relocate:prune");
  verb->add_option("--at", arguments->at, "level of another factor for --contrast")
      ->type_name("FACTOR=LEVEL")
      ->expected(1)
      ->take_all();
  verb->add_option("--alpha", arguments->alpha, "level of tests and intervals without a study file")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  verb->add_option(
          "--delta", arguments->delta, "equivalence margin in points or mm without a study file")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--exploratory",
                 arguments->exploratory,
                 "analyse where the study's own rules forbid it (a look that was not declared, "
                 "another analysis than registered); stamped on everything");
  verb->add_option("--out", arguments->out, "folder for the report")->type_name("DIR")->required();
  verb->add_option("--r-script",
                   arguments->r_script,
                   "also write an R script (and its data beside it) that redoes the analysis")
      ->type_name("FILE.R");
  add_json_option(*verb, arguments->json_path);
  set_example(*verb,
              "yates analyze --table cells.csv --factors relocate,prune,width --response dice_mean "
              "--levels width=48,32 --out report");
  verb->callback([arguments] { run_analyze(*arguments); });
}

}  // namespace yates::cli
