// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/analyze_input.hpp"

#include <limits>
#include <set>
#include <string>
#include <utility>

#include "base/csv.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/cli/declared_analysis.hpp"
#include "launcher/config/study_file.hpp"
#include "launcher/study/cell_table.hpp"
#include "launcher/study/pair_noise.hpp"
#include "launcher/study/results_table.hpp"

namespace yates::cli {
namespace {

void remember_input(report::Provenance& provenance, const std::filesystem::path& path) {
  provenance.inputs.emplace_back(path.filename().string(), sha256_file(path));
}

/// Results of a study, and whether all runs that will ever come are among them.
struct StudyResults {
  CsvTable table;
  bool finished = false;
};

/// The results of a campaign's runs; warns about those that have none.
StudyResults read_runs(const AnalyzeArguments& arguments, const config::StudyFile& study) {
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

}  // namespace

study::StudyData read_table(const AnalyzeArguments& arguments,
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

study::StudyData read_study(const AnalyzeArguments& arguments,
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

}  // namespace yates::cli
