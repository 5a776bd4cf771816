// SPDX-License-Identifier: Apache-2.0
// Every run as a mark.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/modes.hpp"

namespace yates::report {
namespace {

constexpr double kRow = 26;
constexpr double kPlotWidth = 560;
constexpr double kTop = 64;
/// More seeds than colours cannot be told apart.
constexpr std::size_t kMostColors = 7;
constexpr Marker kShapes[] = {Marker::Circle, Marker::Square, Marker::Diamond};

/// The distinct seeds, ascending: their place gives the colour.
std::vector<std::int64_t> seeds_of(const study::StudyData& data) {
  std::vector<std::int64_t> seeds;
  for (const study::RunRecord& run : data.runs) {
    seeds.push_back(run.seed);
  }
  std::sort(seeds.begin(), seeds.end());
  seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
  return seeds;
}

class StripPlot {
 public:
  explicit StripPlot(const study::Analysis& analysis)
      : data_(analysis.data),
        response_(shown_response(analysis)),
        label_(response_label(response_.metric, response_.region)),
        seeds_(seeds_of(data_)),
        groups_(study::gap_clusters(response_.run_values)) {
    // The largest group has the plainest shape.
    ranks_.resize(groups_.size());
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      ranks_[group] = static_cast<std::size_t>(
          std::count_if(groups_.begin(), groups_.end(), [&](const study::Cluster& other) {
            return other.n > groups_[group].n ||
                   (other.n == groups_[group].n && other.low < groups_[group].low);
          }));
    }
    for (std::size_t cell = 0; cell < data_.design.size(); ++cell) {
      if (data_.design.is_run(cell)) {
        rows_.push_back(cell);
        left_ = std::max(left_, text_width(cell_name(cell), kSmallText) + 30);
      }
    }
  }

  [[nodiscard]] std::string draw() const {
    const Frame frame{left_, kTop, kPlotWidth, kRow * static_cast<double>(rows_.size())};
    const Axis axis = make_axis(response_.run_values, frame.left, frame.right(), 7);
    const std::string text = caption();
    Svg svg(frame.right() + 30,
            frame.bottom() + kCaptionGap + 17.0 * caption_lines(frame.width, text),
            "All runs, " + label_,
            text);
    draw_legend(svg);
    draw_ground(svg, frame);
    draw_x_axis(svg, frame, axis, label_);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const double y = kTop + kRow * (static_cast<double>(row) + 0.5);
      svg.text(frame.left - 12, y + 4, cell_name(rows_[row]), kSmallText, Anchor::End);
      for (std::size_t run = 0; run < data_.runs.size(); ++run) {
        if (data_.runs[run].cell == rows_[row]) {
          draw_run(svg, run, axis.at(response_.run_values[run]), y);
        }
      }
    }
    draw_caption(svg, frame.left, frame.bottom() + kCaptionGap, frame.width, text);
    return svg.finish();
  }

 private:
  [[nodiscard]] std::string cell_name(std::size_t cell) const {
    return data_.design.describe(data_.design.levels(cell));
  }

  [[nodiscard]] bool colored() const { return seeds_.size() <= kMostColors; }

  [[nodiscard]] std::string caption() const {
    const bool marked = std::any_of(
        data_.runs.begin(), data_.runs.end(), [](const auto& run) { return run.status != "ok"; });
    std::string text =
        fmt::format("Each mark is one run, n = {} in all{}.",
                    data_.runs.size(),
                    colored() ? ""
                              : fmt::format(", of {} {}s",
                                            seeds_.size(),
                                            data_.seeds_are_blocks ? "seed" : "replicate"));
    if (groups_.size() > 1) {
      text += fmt::format(" Shape: which of the {} groups, split at gaps, it falls in.",
                          groups_.size());
    }
    return marked ? text + " Crosses: collapsed or diverged." : text;
  }

  /// Place of the run's seed among all, which spreads marks of a row that would cover each other.
  [[nodiscard]] std::size_t seed_place(std::size_t run) const {
    return static_cast<std::size_t>(
        std::lower_bound(seeds_.begin(), seeds_.end(), data_.runs[run].seed) - seeds_.begin());
  }

  void draw_run(Svg& svg, std::size_t run, double x, double y) const {
    std::size_t group = 0;
    while (group + 1 < groups_.size() && response_.run_values[run] > groups_[group].high) {
      ++group;
    }
    const std::size_t place = seed_place(run);
    const double spread =
        seeds_.size() < 2
            ? 0
            : static_cast<double>(place) / static_cast<double>(seeds_.size() - 1) - .5;
    svg.marker(data_.runs[run].status == "ok" ? kShapes[ranks_[group] % 3] : Marker::Cross,
               x,
               y + 10 * spread,
               kMarkSize,
               palette(colored() ? place : 0));
  }

  void draw_legend(Svg& svg) const {
    svg.text(left_, 20, "All runs, " + label_, kSmallText + 1, Anchor::Start, kInk, true);
    if (!colored() || seeds_.size() < 2) {
      return;
    }
    double x = left_;
    svg.text(x, 44, data_.seeds_are_blocks ? "seed" : "replicate", kSmallText);
    x += text_width(data_.seeds_are_blocks ? "seed" : "replicate", kSmallText) + 18;
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
      const std::string name = std::to_string(seeds_[i]);
      svg.marker(Marker::Circle, x, 40, kMarkSize, palette(i));
      svg.text(x + 9, 44, name, kSmallText);
      x += 30 + text_width(name, kSmallText);
    }
  }

  const study::StudyData& data_;
  const study::Response& response_;
  std::string label_;
  std::vector<std::int64_t> seeds_;
  std::vector<study::Cluster> groups_;
  std::vector<std::size_t> ranks_;
  std::vector<std::size_t> rows_;
  double left_ = 60;
};

}  // namespace

std::string strip_figure(const study::Analysis& analysis) {
  return StripPlot(analysis).draw();
}

}  // namespace yates::report
