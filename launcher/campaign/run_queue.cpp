// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/run_queue.hpp"

#include "base/log.hpp"
#include "launcher/campaign/stopping_rule.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {

RunQueue::RunQueue(const config::StudyFile& study,
                   const Plan& plan,
                   const LauncherOptions& options,
                   const RunBook& book)
    : study_(study), plan_(plan), options_(options), book_(book) {
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    if (options.only == plan.runs[run].id && !book_[run].is_final()) {
      waiting_.push_back(run);
    }
  }
}

std::size_t RunQueue::next() {
  const std::size_t run = waiting_.front();
  waiting_.pop_front();
  return run;
}

bool RunQueue::begin_next_wave() {
  const auto waves = static_cast<std::int64_t>(wave_ends(study_).size());
  while (options_.only.empty() && wave_ < waves) {
    if (wave_ > 0) {
      ended_ = reason_to_stop(study_, plan_);
      if (!ended_.empty()) {
        log_info("no further seeds: {}", ended_);
        return false;
      }
    }
    ++wave_;
    for (const std::size_t run :
         packed_wave(study_, plan_, wave_, options_.slots, options_.ranks)) {
      if (!book_[run].is_final()) {
        waiting_.push_back(run);
      }
    }
    if (!waiting_.empty()) {
      return true;
    }
  }
  return false;
}

}  // namespace yates::campaign
