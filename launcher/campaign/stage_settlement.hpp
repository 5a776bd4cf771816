// SPDX-License-Identifier: Apache-2.0
// What an ended stage does to its run: the next stage, another attempt, or the end.
#pragma once

#include <cstdint>
#include <string>

#include "launcher/campaign/run_book.hpp"
#include "launcher/campaign/run_queue.hpp"
#include "launcher/campaign/stage_outcome.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// A stage that was started and has ended.
struct EndedStage {
  std::size_t run = 0;
  std::string stage;
  double gpu_seconds = 0;  ///< Its time, times its ranks.
  Ending ending;
};

/// Settles ended stages: book and queue get what judge() decides. Borrows both.
class StageSettlement {
 public:
  /// `only`: the launcher works on one run alone (LauncherOptions::only).
  StageSettlement(const config::StudyFile& study, RunBook& book, RunQueue& queue, bool only)
      : study_(study), book_(book), queue_(queue), only_(only) {}

  /// `asked_to_stop`: the campaign is being stopped. Returns true if the launcher must stop because
  /// its only run did so cleanly. Throws as RunBook::publish does.
  bool settle(const EndedStage& ended, bool asked_to_stop);

 private:
  bool apply(std::size_t run, const StageEnd& end, std::int64_t step);
  void pass(std::size_t run);
  bool again(std::size_t run, const std::string& reason);
  void retry(std::size_t run, const std::string& reason);

  const config::StudyFile& study_;
  RunBook& book_;
  RunQueue& queue_;
  bool only_;
};

}  // namespace yates::campaign
