// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/ledger.hpp"

#include <algorithm>

namespace yates::campaign {
namespace {

constexpr double kSecondsPerDay = 86'400;

/// Cost of finished runs over their planned cost; 1 before there are any.
double cost_ratio(const Plan& plan, const CampaignView& view) {
  double planned = 0;
  double used = 0;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    const RunRecord& record = view.runs[run].record;
    if (record.state == RunState::Done && plan.runs[run].gpu_days) {
      planned += *plan.runs[run].gpu_days;
      used += (record.gpu_seconds - record.lost_gpu_seconds) / kSecondsPerDay;
    }
  }
  return planned > 0 && used > 0 ? used / planned : 1;
}

}  // namespace

Ledger make_ledger(const config::StudyFile& study,
                   const Plan& plan,
                   const CampaignView& view,
                   const WaveLog& log) {
  Ledger ledger;
  ledger.planned = plan.gpu_days;
  const double ratio = cost_ratio(plan, view);
  double to_go = 0;
  int running = 0;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    const RunRecord& record = view.runs[run].record;
    const double spent = (record.gpu_seconds + record.open_gpu_seconds) / kSecondsPerDay;
    const double lost = record.lost_gpu_seconds / kSecondsPerDay;
    const double planned = plan.runs[run].gpu_days.value_or(0);
    ledger.used += spent;
    ledger.lost += lost;
    if (record.state == RunState::Done || record.state == RunState::Diverged) {
      ledger.useful += spent - lost;
    } else if (!record.is_final()) {
      const bool needless = !log.stopped.empty() && record.starts == 0;
      ledger.saved += needless ? planned : 0;
      to_go += needless ? 0 : std::max(planned * ratio - (spent - lost), 0.0);
      running += record.state == RunState::Running ? 1 : 0;
    }
  }
  ledger.left = std::max(study.gpu_days.value_or(plan.gpu_days) - ledger.used, 0.0);
  const double at_once = static_cast<double>(running * study.slurm.ranks_per_run);
  ledger.eta_days = running > 0 ? to_go / at_once : 0;
  return ledger;
}

Json to_json(const Ledger& ledger) {
  return {{"planned", ledger.planned},
          {"used", ledger.used},
          {"useful", ledger.useful},
          {"lost", ledger.lost},
          {"saved", ledger.saved},
          {"left", ledger.left}};
}

}  // namespace yates::campaign
