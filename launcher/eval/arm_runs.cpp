// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/arm_runs.hpp"

#include <map>
#include <regex>
#include <set>

#include "base/error.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTable = "cases.csv";

std::string arm_of(const fs::path& run) {
  static const std::regex seed("-s[0-9]+(-[0-9a-f]{8})?$");
  return std::regex_replace(run.filename().string(), seed, "");
}

}  // namespace

std::vector<ArmRuns> find_arms(const std::vector<fs::path>& dirs) {
  std::map<std::string, std::set<fs::path>> found;
  std::vector<Problem> problems;
  ExitCode code = ExitCode::BadData;
  for (const fs::path& dir : dirs) {
    const fs::path named = dir.filename().empty() ? dir.parent_path() : dir;
    if (!fs::is_directory(named)) {
      code = ExitCode::InputMissing;
      problems.push_back(
          {.what = "no such folder", .where = dir.string(), .allowed = "", .fix = "check --runs"});
      continue;
    }
    std::set<fs::path> runs;
    if (fs::exists(named / kTable)) {
      runs.insert(named);
    } else {
      for (const fs::directory_entry& entry : fs::directory_iterator(named)) {
        if (fs::exists(entry.path() / kTable)) {
          runs.insert(entry.path());
        }
      }
    }
    if (runs.empty()) {
      problems.push_back({.what = "no cases.csv in this folder or in those below it",
                          .where = dir.string(),
                          .allowed = "run directories, or a folder of run directories",
                          .fix = "yates evaluate --predictions RUN/predictions --references DIR "
                                 "--out RUN/cases.csv"});
    }
    for (const fs::path& run : runs) {
      found[arm_of(run)].insert(run / kTable);
    }
  }
  if (!problems.empty()) {
    throw Error(code, problems);
  }
  std::vector<ArmRuns> arms;
  for (const auto& [arm, tables] : found) {
    arms.push_back({arm, {tables.begin(), tables.end()}});
  }
  return arms;
}

}  // namespace yates::eval
