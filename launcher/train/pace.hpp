// SPDX-License-Identifier: Apache-2.0
// Which rank makes the others wait: at every step all ranks wait for the slowest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dist/communicator.hpp"
#include "launcher/train/training_step.hpp"

namespace yates::train {

/// Median seconds of a step of one rank.
struct RankPace {
  double busy_s = 0;  ///< Without waiting for other ranks.
  double data_s = 0;  ///< Waiting for data, a part of it.
};

/// A text for each rank that is busy more than 1.15 times as long as the median of the others.
std::vector<std::string> slow_ranks(const std::vector<RankPace>& paces);

/// Compares the ranks every 100 steps.
class PaceLog {
 public:
  static constexpr std::int64_t kInterval = 100;

  /// Collective: at every 100th call. Rank 0 then gets the texts of `slow_ranks`; else nothing.
  std::vector<std::string> note(const StepResult& result, dist::Communicator& communicator);

 private:
  std::vector<double> busy_s_;
  std::vector<double> data_s_;
};

}  // namespace yates::train
