// SPDX-License-Identifier: Apache-2.0
// yates analyze: from results to effects, intervals, verdicts and a report.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "launcher/cli/analyze_arguments.hpp"
#include "launcher/cli/analyze_input.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/declared_analysis.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/report/effects_json.hpp"
#include "launcher/report/r_script.hpp"
#include "launcher/report/write_report.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/analysis_modes.hpp"

namespace yates::cli {
namespace {

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
void require_primary(const study::Analysis& analysis, const std::string& inputs) {
  if (!analysis.options.primary || analysis.primary() != nullptr) {
    return;
  }
  const study::PrimaryContrast& primary = *analysis.options.primary;
  Problem problem{.what = fmt::format("the primary contrast {} cannot be estimated in {}{}{}",
                                      primary.contrast,
                                      primary.metric,
                                      primary.region.empty() ? "" : " ",
                                      primary.region),
                  .where = inputs,
                  .allowed = "runs in every cell it compares, with that metric and region",
                  .fix = ""};
  for (const study::NotEstimable& entry : analysis.not_estimable) {
    if (entry.term == primary.contrast && entry.at == primary.at) {
      problem.what += "; " + entry.why;
    }
  }
  throw Error(ExitCode::Incomplete, problem);
}

void run_analyze(const AnalyzeArguments& arguments) {
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
  require_primary(analysis, arguments.table + arguments.results + arguments.runs);
}

}  // namespace

void register_analyze(CLI::App& app) {
  auto arguments = std::make_shared<AnalyzeArguments>();
  CLI::App* verb =
      app.add_subcommand("analyze", "effects, intervals, verdicts and a report from results");
  add_analyze_options(*verb, *arguments);
  set_example(*verb,
              "yates analyze --table cells.csv --factors relocate,prune,width --response dice_mean "
              "--levels width=48,32 --out report");
  verb->callback([arguments] { run_analyze(*arguments); });
}

}  // namespace yates::cli
