// SPDX-License-Identifier: Apache-2.0
// Which run gets a free slot next: wave by wave, within a wave in the packed order.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "launcher/campaign/launcher.hpp"
#include "launcher/campaign/run_book.hpp"

namespace yates::campaign {

/// The runs that wait. With options.only that run alone; else the waves, until the looks end the
/// study. Borrows all that it is made of.
class RunQueue {
 public:
  RunQueue(const config::StudyFile& study,
           const Plan& plan,
           const LauncherOptions& options,
           const RunBook& book);

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// Takes the next run out. Precondition: not empty.
  std::size_t next();
  void push_front(std::size_t run) { waiting_.push_front(run); }
  void push_back(std::size_t run) { waiting_.push_back(run); }

  /// Lets the open runs of the next wave wait; false if there is none, or the looks end the study.
  /// Throws as reason_to_stop does.
  bool begin_next_wave();
  /// Why the looks ended the study; empty: they did not.
  [[nodiscard]] const std::string& ended() const { return ended_; }

 private:
  const config::StudyFile& study_;
  const Plan& plan_;
  const LauncherOptions& options_;
  const RunBook& book_;
  std::deque<std::size_t> waiting_;
  std::int64_t wave_ = 0;  ///< Begun so far; 0 before the first.
  std::string ended_;
};

}  // namespace yates::campaign
