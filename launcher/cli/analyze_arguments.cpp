// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/analyze_arguments.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/cli/app.hpp"

namespace yates::cli {
namespace {

/// Splits "key=value"; `option` names it in errors.
std::pair<std::string, std::string> key_value(const std::string& text, const std::string& option) {
  const std::size_t equal = text.find('=');
  if (equal == std::string::npos || equal == 0 || equal + 1 == text.size()) {
    fail_usage(fmt::format("{} has '{}'", option, text), "factor=level");
  }
  return {text.substr(0, equal), text.substr(equal + 1)};
}

void add_table_options(CLI::App& verb, AnalyzeArguments& arguments) {
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

void fail_usage(std::string what, std::string allowed) {
  throw Error(ExitCode::Usage,
              Problem{.what = std::move(what),
                      .where = "yates analyze",
                      .allowed = std::move(allowed),
                      .fix = ""});
}

study::Levels parse_levels(const std::vector<std::string>& texts, const std::string& option) {
  study::Levels levels;
  for (const std::string& text : texts) {
    levels.insert(key_value(text, option));
  }
  return levels;
}

std::vector<study::Factor> parse_orders(const std::vector<std::string>& texts) {
  std::vector<study::Factor> factors;
  for (const std::string& text : texts) {
    auto [name, list] = key_value(text, "--levels");
    factors.push_back({std::move(name), split(list, ',')});
  }
  return factors;
}

void check_sources(const AnalyzeArguments& arguments) {
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

void add_analyze_options(CLI::App& verb, AnalyzeArguments& arguments) {
  verb.add_option("--study", arguments.study, "study file: design and declared analysis")
      ->type_name("YAML");
  verb.add_option("--runs", arguments.runs, "folder of a campaign with its runs")->type_name("DIR");
  verb.add_option("--results", arguments.results, "CSV: factors, seed, case, region, dice, hd95_mm")
      ->type_name("CSV");
  add_table_options(verb, arguments);
  verb.add_option("--convention",
                  arguments.convention,
                  "metric convention to read; default: the study's, or the only one");
  verb.add_option("--contrast",
                  arguments.contrast,
                  "primary contrast without a study file, e.g. relocate:prune");
  verb.add_option("--at", arguments.at, "level of another factor for --contrast")
      ->type_name("FACTOR=LEVEL")
      ->expected(1)
      ->take_all();
  verb.add_option("--alpha", arguments.alpha, "level of tests and intervals without a study file")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  verb.add_option(
          "--delta", arguments.delta, "equivalence margin in points or mm without a study file")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--exploratory",
                arguments.exploratory,
                "analyse where the study's own rules forbid it (a look that was not declared, "
                "another analysis than registered); stamped on everything");
  verb.add_option("--out", arguments.out, "folder for the report")->type_name("DIR")->required();
  verb.add_option("--r-script",
                  arguments.r_script,
                  "also write an R script (and its data beside it) that redoes the analysis")
      ->type_name("FILE.R");
  add_json_option(verb, arguments.json_path);
}

}  // namespace yates::cli
