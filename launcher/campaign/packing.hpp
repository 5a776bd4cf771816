// SPDX-License-Identifier: Apache-2.0
// How long a set of runs takes on so many GPUs, and in which order to start them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace yates::campaign {

struct Packing {
  double days = 0;              ///< From the first start to the last end.
  double lower_bound_days = 0;  ///< No schedule is shorter.
  /// Runs in the order of their starts: whoever takes them in this order whenever a slot is free
  /// needs `days`.
  std::vector<std::size_t> order;
};

/// Runs of these lengths on `slots` runs at once: longest first, then improved by a search over all
/// assignments, which is complete for up to 12 runs, cut off after a fixed number of nodes for up
/// to 100, and left out beyond. Deterministic. Precondition: slots >= 1, lengths >= 0.
Packing pack_runs(const std::vector<double>& days, std::int64_t slots);

/// The same without any choice: the runs start in the order given.
double list_schedule_days(const std::vector<double>& days, std::int64_t slots);

/// A number of ranks that a run may have.
struct Width {
  std::int64_t ranks = 1;
  double efficiency = 1;  ///< Of its GPUs, as `bench scaling` measures it, in (0, 1].
};

struct WidthPacking {
  double days = 0;
  double lower_bound_days = 0;      ///< Of all schedules that keep the runs at these widths.
  double gpu_days = 0;              ///< More than with one rank each: what the shorter time costs.
  std::vector<std::int64_t> ranks;  ///< Of each run.
  std::vector<std::size_t> order;   ///< Of the starts.
};

/// Runs of `gpu_days` on one GPU each, every run at one of `widths`: the narrowest that keep a
/// bound, found by bisection, longest first; then 60 000 random changes of order and width.
/// Deterministic. Preconditions: widths holds a width of at most `gpus` ranks.
WidthPacking pack_widths(const std::vector<double>& gpu_days,
                         const std::vector<Width>& widths,
                         std::int64_t gpus);

}  // namespace yates::campaign
