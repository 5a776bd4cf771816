// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/run_book.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "launcher/campaign/lost_work.hpp"

namespace yates::campaign {

RunBook::RunBook(const config::StudyFile& study, const Plan& plan, std::string only)
    : study_(study), plan_(plan), only_(std::move(only)) {
  // The fence first: what an older launch of the run publishes after that is not read here.
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    if (only_ == plan.runs[run].id) {
      fence_.emplace(directory(run));
    }
  }
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    records_.push_back(read_run_record(directory(run)));
    if (is_ours(run) && records_[run].state == RunState::Running) {
      records_[run].settle_open(lost_share(directory(run)));
    }
  }
}

const config::StudyArm& RunBook::arm(std::size_t run) const {
  return study_.arms[plan_.runs[run].arm];
}

std::filesystem::path RunBook::directory(std::size_t run) const {
  return run_directory(study_, plan_.runs[run]);
}

bool RunBook::is_ours(std::size_t run) const {
  return only_.empty() || only_ == plan_.runs[run].id;
}

double RunBook::used_gpu_days() const {
  double seconds = 0;
  for (const RunRecord& record : records_) {
    seconds += record.gpu_seconds + record.open_gpu_seconds;
  }
  return seconds / 86'400;
}

void RunBook::check_fence() const {
  if (fence_) {
    fence_->check();
  }
}

void RunBook::publish(std::size_t run) {
  check_fence();
  make_directories(directory(run));
  write_run_record(directory(run), records_[run]);
  if (arm(run).is_external()) {
    write_external_status(directory(run), records_[run]);
  }
}

void RunBook::finish(std::size_t run, RunState state, const std::string& reason) {
  RunRecord& record = records_[run];
  record.state = state;
  record.reason = reason;
  publish(run);
  const std::string text =
      fmt::format("{}: {}{}", id(run), to_string(state), reason.empty() ? "" : ", " + reason);
  log_message(state == RunState::Failed ? LogLevel::Warning : LogLevel::Info, text);
}

}  // namespace yates::campaign
