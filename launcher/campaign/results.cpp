// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/results.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "launcher/campaign/plan_file.hpp"
#include "launcher/campaign/run_record.hpp"

namespace yates::campaign {
namespace {

/// HD95 in mm of an empty prediction for a lesion that is there.
std::string distance_of_nothing(const std::string& convention) {
  return convention == "segmamba"                                      ? "50"
         : convention == "brats2023" || convention == "lesionwise2023" ? "374"
                                                                       : "inf";
}

/// Case, region and convention of one row of results.
struct Scored {
  std::string case_id;
  std::string region;
  std::string convention;

  bool operator<(const Scored& other) const {
    return std::tie(case_id, region, convention) <
           std::tie(other.case_id, other.region, other.convention);
  }
};

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    line += &field == &fields.front() ? "" : ",";
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) {
      line += c == '"' ? "\"\"" : std::string(1, c);
    }
    line += '"';
  }
  return line + "\n";
}

class Collector {
 public:
  explicit Collector(const config::StudyFile& study) : study_(study) {
    results_.table.origin = study.out.string();
    for (const study::Factor& factor : study.spec.factors) {
      results_.table.header.push_back(factor.name);
    }
    for (const char* name : {"seed", "case", "region", "dice", "hd95_mm", "status", "convention"}) {
      results_.table.header.emplace_back(name);
    }
  }

  void add_done(const PlannedRun& run, const std::filesystem::path& directory) {
    const CsvTable cases = read_csv(directory / "cases.csv");
    const std::size_t case_id = cases.column("case");
    const std::size_t region = cases.column("region");
    const std::size_t dice = cases.column("dice");
    const auto distance = cases.find_column("hd95_mm");
    const auto convention = cases.find_column("convention");
    for (const auto& row : cases.rows) {
      const Scored scored{.case_id = row[case_id],
                          .region = row[region],
                          .convention = convention ? row[*convention] : study_.spec.convention};
      seen_.insert(scored);
      add_row(run, scored, {row[dice], distance ? row[*distance] : "nan"}, "ok");
    }
  }

  void add_diverged(const PlannedRun& run) {
    ++results_.diverged;
    for (const Scored& scored : seen_) {
      add_row(run, scored, {"0", distance_of_nothing(scored.convention)}, "diverged");
    }
  }

  void add_missing(bool open) {
    ++results_.missing;
    results_.open += open ? 1 : 0;
  }

  CampaignResults take() { return std::move(results_); }

 private:
  void add_row(const PlannedRun& run,
               const Scored& scored,
               const std::pair<std::string, std::string>& dice_and_distance,
               const std::string& status) {
    std::vector<std::string> row;
    for (const study::Factor& factor : study_.spec.factors) {
      row.push_back(study_.arms[run.arm].levels.at(factor.name));
    }
    for (const std::string& field : {std::to_string(run.seed),
                                     scored.case_id,
                                     scored.region,
                                     dice_and_distance.first,
                                     dice_and_distance.second,
                                     status,
                                     scored.convention}) {
      row.push_back(field);
    }
    results_.table.rows.push_back(std::move(row));
    results_.table.lines.push_back(results_.table.rows.size() + 1);
  }

  const config::StudyFile& study_;
  std::set<Scored> seen_;
  CampaignResults results_;
};

/// By arm and seed, what plan.json of the campaign calls its runs: the study may have been planned
/// with overrides that whoever analyses it does not repeat.
std::map<std::pair<std::string, std::int64_t>, std::string> published_ids(
    const std::filesystem::path& campaign) {
  std::map<std::pair<std::string, std::int64_t>, std::string> ids;
  const std::filesystem::path path = campaign / "plan.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return ids;
  }
  const Json json = read_plan_json(path);
  for (const Json& run : json.at("runs")) {
    ids[{run.at("arm").get<std::string>(), run.at("seed").get<std::int64_t>()}] =
        run.at("id").get<std::string>();
  }
  return ids;
}

}  // namespace

CampaignResults collect_results(const config::StudyFile& study,
                                const Plan& plan,
                                const std::filesystem::path& runs) {
  std::error_code ignored;
  const std::filesystem::path folder =
      std::filesystem::is_directory(runs / "runs", ignored) ? runs / "runs" : runs;
  const auto ids = published_ids(
      std::filesystem::absolute(folder / ".").lexically_normal().parent_path().parent_path());
  Collector collector(study);
  std::vector<const PlannedRun*> diverged;
  for (const PlannedRun& run : plan.runs) {
    const auto published = ids.find({study.arms[run.arm].id, run.seed});
    const std::string id = published == ids.end() ? run.id : published->second;
    const RunRecord record = read_run_record(folder / id);
    const RunState state = record.state;
    if (state == RunState::Done) {
      collector.add_done(run, folder / id);
    } else if (state == RunState::Diverged) {
      diverged.push_back(&run);
    } else {
      collector.add_missing(!record.is_final());
    }
  }
  for (const PlannedRun* run : diverged) {
    collector.add_diverged(*run);
  }
  CampaignResults results = collector.take();
  if (results.table.rows.empty()) {
    throw Error(
        ExitCode::Incomplete,
        Problem{.what = fmt::format(
                    "none of the {} runs of '{}' has results", plan.runs.size(), study.spec.name),
                .where = folder.string(),
                .allowed = "",
                .fix = "yates study status " + study.path.string()});
  }
  return results;
}

std::string csv_text(const CsvTable& table) {
  std::string text = csv_line(table.header);
  for (const std::vector<std::string>& row : table.rows) {
    text += csv_line(row);
  }
  return text;
}

}  // namespace yates::campaign
