// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/stopping_rule.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/study/results_table.hpp"
#include "launcher/study/sequential_looks.hpp"

namespace yates::campaign {
namespace {

/// The seeds, in their declared order, up to the first with a run that is still open: a look never
/// depends on which runs happen to end first.
std::set<std::int64_t> closed_seeds(const config::StudyFile& study, const Plan& plan) {
  std::map<std::int64_t, bool> open;
  for (const PlannedRun& run : plan.runs) {
    open[run.seed] |= !read_run_record(run_directory(study, run)).is_final();
  }
  std::set<std::int64_t> seeds;
  for (const std::int64_t seed : study.spec.seeds) {
    if (open[seed]) {
      break;
    }
    seeds.insert(seed);
  }
  return seeds;
}

/// Leaves only the rows of these seeds.
void keep_seeds(const std::set<std::int64_t>& seeds, CsvTable& table) {
  const std::size_t column = table.column("seed");
  std::erase_if(table.rows, [&](const std::vector<std::string>& row) {
    return seeds.count(parse_integer(row[column]).value_or(-1)) == 0;
  });
  table.lines.resize(table.rows.size());
}

}  // namespace

std::string reason_to_stop(const config::StudyFile& study, const Plan& plan) {
  if (!study.spec.primary || !study.spec.sequential || study.spec.sequential->looks.empty()) {
    return "";
  }
  const std::set<std::int64_t> seeds = closed_seeds(study, plan);
  if (static_cast<std::int64_t>(seeds.size()) < study.spec.sequential->looks.front()) {
    return "";
  }
  const bool any_done = std::any_of(plan.runs.begin(), plan.runs.end(), [&](const auto& run) {
    return seeds.count(run.seed) > 0 &&
           read_run_record(run_directory(study, run)).state == RunState::Done;
  });
  if (!any_done) {
    return "";
  }
  CampaignResults results = collect_results(study, plan, study.out);
  keep_seeds(seeds, results.table);
  const study::StudyData data = study::read_results(
      results.table, study::ResultsOptions{.study = study.spec, .factors = {}, .levels = {}});
  const auto looks = study::evaluate_study_looks(
      data,
      {.primary = *study.spec.primary, .plan = *study.spec.sequential, .seeds = study.spec.seeds});
  for (const study::LookResult& look : looks ? looks->results : std::vector<study::LookResult>{}) {
    if (look.decision.starts_with("stop") || look.decision.starts_with("end")) {
      return fmt::format("{} at the look with {} seeds: |t| = {:.3g}, bound {:.3g}",
                         look.decision,
                         look.n,
                         std::abs(look.statistic),
                         look.bound);
    }
  }
  return "";
}

}  // namespace yates::campaign
