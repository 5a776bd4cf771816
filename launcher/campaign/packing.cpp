// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/packing.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

#include "base/error.hpp"

namespace yates::campaign {
namespace {

/// Lengths that differ by less are the same: sums of equal lengths in another order.
constexpr double kSame = 1e-12;

using Order = std::vector<std::size_t>;

Order longest_first(const std::vector<double>& days) {
  Order order(days.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(
      order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return days[a] > days[b]; });
  return order;
}

/// Total work, the longest run, and the two runs of which one must wait for the other.
double lower_bound(const std::vector<double>& sorted, std::size_t slots) {
  if (sorted.empty()) {
    return 0;
  }
  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  double bound = std::max(total / static_cast<double>(slots), sorted.front());
  if (sorted.size() > slots) {
    bound = std::max(bound, sorted[slots - 1] + sorted[slots]);
  }
  return bound;
}

/// Depth-first over the slots of each run, longest run first.
class AssignmentSearch {
 public:
  AssignmentSearch(const std::vector<double>& sorted, std::size_t slots, double bound)
      : sorted_(sorted), bound_(bound), load_(slots, 0.0), slot_(sorted.size(), 0) {
    nodes_left_ = sorted.size() <= kComplete   ? kUnlimited
                  : sorted.size() <= kSearched ? kNodes
                                               : static_cast<std::int64_t>(sorted.size());
  }

  /// Slots of the sorted runs with the smallest last end that was found.
  std::vector<std::size_t> run() {
    search(0, 0);
    return best_;
  }

 private:
  static constexpr std::size_t kComplete = 12;
  static constexpr std::size_t kSearched = 100;  ///< More runs: longest first alone.
  static constexpr std::int64_t kNodes = 200'000;
  static constexpr std::int64_t kUnlimited = 1LL << 60;

  void search(std::size_t run, double longest) {
    if (run == sorted_.size()) {
      best_days_ = longest;
      best_ = slot_;
      return;
    }
    // Least loaded first: the first leaf is the longest-first schedule.
    std::vector<std::size_t> slots(load_.size());
    std::iota(slots.begin(), slots.end(), 0);
    std::sort(slots.begin(), slots.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(load_[a], a) < std::pair(load_[b], b);
    });
    double last = -1;
    for (const std::size_t slot : slots) {
      const double end = load_[slot] + sorted_[run];
      const bool same_as_before = load_[slot] == last;
      last = load_[slot];
      if (same_as_before) {
        continue;
      }
      if (--nodes_left_ < 0 || best_days_ <= bound_ + kSame || end >= best_days_ - kSame) {
        return;
      }
      slot_[run] = slot;
      load_[slot] = end;
      search(run + 1, std::max(longest, end));
      load_[slot] = last;
    }
  }

  const std::vector<double>& sorted_;
  double bound_;
  std::vector<double> load_;
  std::vector<std::size_t> slot_;
  std::vector<std::size_t> best_;
  double best_days_ = 1e300;
  std::int64_t nodes_left_ = 0;
};

}  // namespace

Packing pack_runs(const std::vector<double>& days, std::int64_t slots) {
  YATES_ASSERT(slots >= 1, "slots = {}", slots);
  const auto count =
      std::min(static_cast<std::size_t>(slots), std::max<std::size_t>(days.size(), 1));
  const Order longest = longest_first(days);
  std::vector<double> sorted;
  for (const std::size_t run : longest) {
    sorted.push_back(days[run]);
  }
  Packing packing;
  packing.lower_bound_days = lower_bound(sorted, count);
  const std::vector<std::size_t> slot_of =
      AssignmentSearch(sorted, count, packing.lower_bound_days).run();
  std::vector<double> load(count, 0.0);
  std::vector<double> start(sorted.size());
  for (std::size_t run = 0; run < sorted.size(); ++run) {
    start[run] = load[slot_of[run]];
    load[slot_of[run]] += sorted[run];
    packing.days = std::max(packing.days, load[slot_of[run]]);
  }
  Order by_start(sorted.size());
  std::iota(by_start.begin(), by_start.end(), 0);
  std::stable_sort(by_start.begin(), by_start.end(), [&](std::size_t a, std::size_t b) {
    return start[a] < start[b];
  });
  for (const std::size_t run : by_start) {
    packing.order.push_back(longest[run]);
  }
  return packing;
}

double list_schedule_days(const std::vector<double>& days, std::int64_t slots) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::int64_t slot = 0; slot < slots; ++slot) {
    free_at.push(0);
  }
  double last = 0;
  for (const double length : days) {
    const double end = free_at.top() + length;
    free_at.pop();
    free_at.push(end);
    last = std::max(last, end);
  }
  return last;
}

}  // namespace yates::campaign
