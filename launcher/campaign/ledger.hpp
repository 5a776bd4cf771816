// SPDX-License-Identifier: Apache-2.0
// The GPU-days of a campaign: what was planned, what they went into, what is left.
#pragma once

#include "base/json.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {

struct Ledger {
  double planned = 0;
  double used = 0;    ///< useful + lost + of runs that are not finished.
  double useful = 0;  ///< Of finished runs, without what was lost.
  double lost = 0;    ///< Work of failed attempts that had to be done again.
  double saved = 0;   ///< Planned cost of runs that the stopping rule made needless.
  double left = 0;    ///< Of the budget, or of the plan where there is none.
  /// Days until the open runs are done with as many at once as run now; 0 if none runs.
  double eta_days = 0;
};

Ledger make_ledger(const config::StudyFile& study,
                   const Plan& plan,
                   const CampaignView& view,
                   const WaveLog& log);

/// {"planned", "used", "useful", "lost", "saved", "left"}.
Json to_json(const Ledger& ledger);

}  // namespace yates::campaign
