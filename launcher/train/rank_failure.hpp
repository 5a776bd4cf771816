// SPDX-License-Identifier: Apache-2.0
// What the ranks of a program say and agree on when something fails.
#pragma once

#include <string>

#include "dist/communicator.hpp"

namespace yates::train {

/// An error as a process ends with it.
struct RankFailure {
  int code = 0;  ///< Exit code; 0 is none.
  std::string text;
  std::string reason = {};  ///< What went wrong, in one line.
};

/// Of the exception being handled.
RankFailure describe_current_exception();

/// Puts "[rank r/n] " before the messages of several ranks; ranks other than 0 show warnings only.
void set_rank_log(const dist::Communicator& communicator);

/// Collective: yes. The worst code of all ranks; the first rank that failed prints its text.
int agree_on_failure(const RankFailure& failure, dist::Communicator& communicator);

/// Collective: yes. "rank R: reason" of the first rank whose reason is not empty; at least one must
/// have one.
std::string first_reason(const std::string& mine, dist::Communicator& communicator);

/// Collective: no. For an error on one of several ranks, which the others know nothing of: prints
/// it with its rank and ends all processes of the launcher. Alone, rethrows it. Call in a handler.
[[noreturn]] void end_ranks(const dist::Communicator& communicator);

}  // namespace yates::train
