// SPDX-License-Identifier: Apache-2.0
// Runs that may have one rank or more. Source of the bound: Turek, Wolf and Yu, SPAA 1992: the
// narrowest widths that let every run end in time t are the cheapest, so t is too small when their
// work does not fit.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "base/random.hpp"
#include "launcher/campaign/packing.hpp"

namespace yates::campaign {
namespace {

class WidthSearch {
 public:
  WidthSearch(const std::vector<double>& work, std::vector<Width> widths, std::int64_t gpus)
      : work_(work), widths_(std::move(widths)), gpus_(static_cast<std::size_t>(gpus)) {
    std::erase_if(widths_, [&](const Width& width) { return width.ranks > gpus; });
    YATES_ASSERT(!widths_.empty(), "no width of at most {} ranks", gpus);
    std::sort(widths_.begin(), widths_.end(), [](const Width& a, const Width& b) {
      return a.ranks < b.ranks;
    });
  }

  WidthPacking run() {
    WidthPacking best;
    best.lower_bound_days = bisect();
    // Widths of the bound, and of somewhat longer times: they differ in how well they pack.
    best_score_ = 1e300;
    for (const double slack : {1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0}) {
      if (const auto widths = narrowest(best.lower_bound_days * slack)) {
        keep_if_better(by_length(*widths), *widths);
      }
    }
    improve();
    best.days = days(best_order_, best_widths_);
    best.order = best_order_;
    for (std::size_t run = 0; run < work_.size(); ++run) {
      best.ranks.push_back(widths_[best_widths_[run]].ranks);
      best.gpu_days += work_[run] / widths_[best_widths_[run]].efficiency;
    }
    return best;
  }

 private:
  using Order = std::vector<std::size_t>;
  using Widths = std::vector<std::size_t>;  ///< Per run an index into widths_.

  [[nodiscard]] double length(std::size_t run, std::size_t width) const {
    return work_[run] / (static_cast<double>(widths_[width].ranks) * widths_[width].efficiency);
  }

  /// The narrowest width of each run that ends it within `limit`, if their work fits.
  [[nodiscard]] std::optional<Widths> narrowest(double limit) const {
    Widths chosen;
    double total = 0;
    for (std::size_t run = 0; run < work_.size(); ++run) {
      std::size_t width = 0;
      while (width < widths_.size() && length(run, width) > limit * (1 + 1e-12)) {
        ++width;
      }
      if (width == widths_.size()) {
        return std::nullopt;
      }
      total += work_[run] / widths_[width].efficiency;
      chosen.push_back(width);
    }
    const double room = limit * static_cast<double>(gpus_) * (1 + 1e-12);
    return total <= room ? std::optional(chosen) : std::nullopt;
  }

  [[nodiscard]] double bisect() const {
    double low = 0;
    double high = std::accumulate(work_.begin(), work_.end(), 0.0) / widths_.front().efficiency;
    for (int step = 0; step < 60; ++step) {
      const double middle = (low + high) / 2;
      (narrowest(middle) ? high : low) = middle;
    }
    return high;
  }

  [[nodiscard]] Order by_length(const Widths& widths) const {
    Order order(work_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return length(a, widths[a]) > length(b, widths[b]);
    });
    return order;
  }

  /// Each run starts as soon as it has its GPUs, in the order given.
  [[nodiscard]] double days(const Order& order, const Widths& widths) const {
    std::vector<double> free_at(gpus_, 0.0);  // Ascending.
    for (const std::size_t run : order) {
      const auto ranks = static_cast<std::size_t>(widths_[widths[run]].ranks);
      const double end = free_at[ranks - 1] + length(run, widths[run]);
      const auto rest =
          free_at.erase(free_at.begin(), free_at.begin() + static_cast<std::ptrdiff_t>(ranks));
      const auto at = std::lower_bound(rest, free_at.end(), end);
      free_at.insert(at, ranks, end);
    }
    return free_at.back();
  }

  /// Time first; of equal times the one that uses fewer GPU-days.
  [[nodiscard]] double score(const Order& order, const Widths& widths) const {
    double total = 0;
    for (std::size_t run = 0; run < work_.size(); ++run) {
      total += work_[run] / widths_[widths[run]].efficiency;
    }
    return days(order, widths) + 1e-3 * total / static_cast<double>(gpus_);
  }

  void keep_if_better(const Order& order, const Widths& widths) {
    const double now = score(order, widths);
    if (now < best_score_) {
      best_score_ = now;
      best_order_ = order;
      best_widths_ = widths;
    }
  }

  /// Simulated annealing: a swap of two starts, or another width of one run.
  void improve() {
    constexpr int kChanges = 60'000;
    if (work_.size() < 2) {
      return;
    }
    RandomStream draws(0, "width_packing");
    Order order = best_order_;
    Widths widths = best_widths_;
    double now = best_score_;
    const double hot = 0.03 * best_score_;
    for (int change = 0; change < kChanges; ++change) {
      const std::size_t a = draws.below(order.size());
      const std::size_t b = draws.below(order.size());
      const std::size_t width = widths[a];
      const bool swaps = draws.bernoulli(0.5);
      if (swaps) {
        std::swap(order[a], order[b]);
      } else {
        widths[a] = draws.below(widths_.size());
      }
      const double next = score(order, widths);
      const double heat = hot * (1.0 - static_cast<double>(change) / kChanges);
      if (next <= now || draws.uniform() < std::exp((now - next) / std::max(heat, 1e-9))) {
        now = next;
        keep_if_better(order, widths);
      } else if (swaps) {
        std::swap(order[a], order[b]);
      } else {
        widths[a] = width;
      }
    }
  }

  const std::vector<double>& work_;
  std::vector<Width> widths_;
  std::size_t gpus_;
  Order best_order_;
  Widths best_widths_;
  double best_score_ = 0;
};

}  // namespace

WidthPacking pack_widths(const std::vector<double>& gpu_days,
                         const std::vector<Width>& widths,
                         std::int64_t gpus) {
  return WidthSearch(gpu_days, widths, gpus).run();
}

}  // namespace yates::campaign
