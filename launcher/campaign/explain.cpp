// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/explain.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

std::size_t find_run(const config::StudyFile& study, const Plan& plan, const std::string& id) {
  std::vector<std::string> ids;
  std::vector<std::size_t> found;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    ids.push_back(plan.runs[run].id);
    if (plan.runs[run].id == id) {
      return run;
    }
    if (plan.runs[run].id.starts_with(id)) {
      found.push_back(run);
    }
  }
  if (found.size() != 1) {
    const std::string fix = suggestion(id, ids);
    throw Error(
        ExitCode::Usage,
        Problem{.what = found.empty() ? "no run of this study is called '" + id + "'"
                                      : fmt::format("{} runs begin with '{}'", found.size(), id),
                .where = study.path.string(),
                .allowed = fmt::format("{}, ... ({} runs)", ids.front(), ids.size()),
                .fix = fix.empty() ? "yates study status lists them" : fix});
  }
  return found.front();
}

/// The last lines of the newest file in RUN/log; links are not followed.
std::string log_end(const std::filesystem::path& directory) {
  constexpr std::size_t kLines = 8;
  std::filesystem::path newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "log", ignored)) {
    if (!entry.is_symlink(ignored) && entry.is_regular_file(ignored)) {
      newest = std::max(newest, entry.path());
    }
  }
  if (newest.empty()) {
    return "";
  }
  const std::string content = read_file(newest);
  std::vector<std::string> lines = split(trim(content), '\n');
  lines.erase(lines.begin(), lines.size() > kLines ? lines.end() - kLines : lines.begin());
  return "\nend of " + newest.string() + ":\n  " + join(lines, "\n  ");
}

std::string advice(const config::StudyFile& study, const RunRecord& record) {
  const std::string file = study.path.string();
  switch (record.state) {
    case RunState::Waiting: return "it starts when a slot is free";
    case RunState::Running: return "nothing to do";
    case RunState::Done: return "its results are in cases.csv";
    case RunState::Diverged:
      return "a result: it is scored as an empty prediction, and not trained again";
    case RunState::Interrupted: return "it continues from its checkpoint when it is started again";
    case RunState::Failed:
      return "mend the cause, then `yates study retry " + file + "`, then submit or run again";
  }
  return "";
}

std::string jobs_of(const WaveLog& log, const std::string& id) {
  std::string text;
  for (const Batch& batch : log.batches) {
    const auto element = std::find(batch.runs.begin(), batch.runs.end(), id);
    if (element != batch.runs.end()) {
      text += fmt::format("\nsubmitted {} as job {}_{}, wave {}",
                          batch.submitted,
                          batch.job,
                          element - batch.runs.begin(),
                          batch.wave);
    }
  }
  return text;
}

}  // namespace

std::string explain_run(const config::StudyFile& study, const Plan& plan, const std::string& id) {
  const std::size_t run = find_run(study, plan, id);
  const RunView view = view_campaign(study, plan).runs[run];
  const RunRecord& record = view.record;
  std::string text = fmt::format("{}: {}", plan.runs[run].id, to_string(record.state));
  text += record.stage.empty() ? "" : ", stage " + record.stage;
  text += record.reason.empty() ? "" : "\nreason: " + record.reason;
  if (view.trainer.found) {
    text += fmt::format("\ntraining: {}, step {} of {}{}",
                        view.trainer.state,
                        view.trainer.step,
                        view.trainer.steps,
                        view.trainer.reason.empty() ? "" : ", " + view.trainer.reason);
  }
  text += fmt::format(
      "\nstarted {} times, training {} times, {} failures since the last success; last exit code "
      "{}\n{} of one GPU, of which {} in attempts that failed",
      record.starts,
      record.attempts,
      record.failures,
      record.exit_code,
      format_duration(record.gpu_seconds),
      format_duration(record.lost_gpu_seconds));
  text += jobs_of(read_wave_log(study), plan.runs[run].id);
  text += "\n" + advice(study, record);
  return text + log_end(run_directory(study, plan.runs[run]));
}

}  // namespace yates::campaign
