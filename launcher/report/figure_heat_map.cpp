// SPDX-License-Identifier: Apache-2.0
// Cell means as tiles: the two factors of the question across, all others down.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/figures.hpp"
#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"
#include "launcher/study/contrast.hpp"

namespace yates::report {
namespace {

constexpr double kTileWidth = 118;  ///< At least.
constexpr double kTileHeight = 46;
constexpr double kHead = 52;
constexpr std::size_t kMostRows = 32;
constexpr std::size_t kMostColumns = 12;

using Rgb = std::array<double, 3>;
/// From worst to best; lightness falls evenly, so that it prints in grey.
constexpr Rgb kWorst = {247, 241, 222};
constexpr Rgb kMiddle = {86, 166, 190};
constexpr Rgb kBest = {12, 52, 92};

std::string shade(double share) {
  const Rgb& from = share < 0.5 ? kWorst : kMiddle;
  const Rgb& to = share < 0.5 ? kMiddle : kBest;
  const double part = share < 0.5 ? 2 * share : 2 * share - 1;
  std::string color = "#";
  for (std::size_t i = 0; i < 3; ++i) {
    color += fmt::format("{:02x}", std::lround(from[i] + part * (to[i] - from[i])));
  }
  return color;
}

class HeatMap {
 public:
  explicit HeatMap(const study::Analysis& analysis)
      : design_(analysis.data.design), response_(shown_response(analysis)), means_(design_.size()) {
    std::vector<std::size_t> across = drawn_factors(analysis);
    std::vector<std::size_t> down;
    for (std::size_t f = 0; f < design_.factors().size(); ++f) {
      if (std::find(across.begin(), across.end(), f) == across.end()) {
        down.push_back(f);
      }
    }
    // The first factor changes fastest.
    columns_ = study::settings_of(design_, {across.rbegin(), across.rend()});
    rows_ = study::settings_of(design_, {down.rbegin(), down.rend()});
    for (const study::Levels& column : columns_) {
      tile_width_ = std::max(tile_width_, text_width(column_label(column), kSmallText) + 10);
    }
    for (const study::CellSummary& cell : analysis.cells) {
      if (cell.metric == response_.metric && cell.region == response_.region) {
        means_[cell.cell] = &cell;
        low_ = std::min(low_, cell.mean);
        high_ = std::max(high_, cell.mean);
      }
    }
  }

  [[nodiscard]] std::string draw() const {
    if (columns_.size() > kMostColumns || rows_.size() > kMostRows || !(low_ < high_)) {
      return "";
    }
    double left = 20;
    for (const study::Levels& row : rows_) {
      left = std::max(left, text_width(design_.describe(row), kSmallText) + 30);
    }
    const double width =
        std::max(left + tile_width_ * static_cast<double>(columns_.size()) + 20, 560.0);
    const double bottom = kHead + kTileHeight * static_cast<double>(rows_.size());
    const std::string text = caption();
    const double room = width - left - 20;
    const std::string label = response_label(response_.metric, response_.region);
    Svg svg(width, bottom + 28 + 17.0 * caption_lines(room, text), "Cell means, " + label, text);
    svg.text(left, 20, "Cell means, " + label, kSmallText + 1, Anchor::Start, kInk, true);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      svg.text(left + tile_width_ * (static_cast<double>(c) + .5),
               kHead - 10,
               column_label(columns_[c]),
               kSmallText,
               Anchor::Middle);
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const double top = kHead + kTileHeight * static_cast<double>(r);
      svg.text(left - 10,
               top + kTileHeight / 2 + 4,
               design_.describe(rows_[r]),
               kSmallText,
               Anchor::End);
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        draw_tile(svg, rows_[r], columns_[c], left + tile_width_ * static_cast<double>(c), top);
      }
    }
    draw_caption(svg, left, bottom + 24, room, text);
    return svg.finish();
  }

 private:
  [[nodiscard]] std::string caption() const {
    return fmt::format("Mean over runs, in brackets n; dark is {}. Across: {}.{}",
                       response_.higher_is_better ? "high" : "low, which is better",
                       across_names(),
                       design_.complete() ? "" : " A dash: never run.");
  }

  [[nodiscard]] std::string across_names() const {
    std::string names;
    for (const study::Factor& factor : design_.factors()) {
      if (columns_.front().count(factor.name) > 0) {
        names += (names.empty() ? "" : ", ") + factor.name;
      }
    }
    return names;
  }

  /// The names of the factors where they fit, else the levels alone.
  [[nodiscard]] std::string column_label(const study::Levels& setting) const {
    const std::string whole = design_.describe(setting);
    if (text_width(whole, kSmallText) < kTileWidth) {
      return whole;
    }
    std::string levels;
    for (const study::Factor& factor : design_.factors()) {
      const auto found = setting.find(factor.name);
      if (found != setting.end()) {
        levels += (levels.empty() ? "" : ", ") + found->second;
      }
    }
    return levels;
  }

  void draw_tile(Svg& svg,
                 const study::Levels& row,
                 const study::Levels& column,
                 double left,
                 double top) const {
    study::Levels all = row;
    all.insert(column.begin(), column.end());
    const study::CellSummary* found = nullptr;
    for (std::size_t cell = 0; cell < design_.size(); ++cell) {
      if (design_.matches(cell, all)) {
        found = means_[cell];
      }
    }
    if (found == nullptr) {
      svg.rectangle(left + 1, top + 1, tile_width_ - 2, kTileHeight - 2, kPanelColor);
      svg.text(left + tile_width_ / 2, top + kTileHeight / 2 + 4, "-", kSmallText, Anchor::Middle);
      return;
    }
    const double share = (found->mean - low_) / (high_ - low_);
    const double goodness = response_.higher_is_better ? share : 1 - share;
    svg.rectangle(left + 1, top + 1, tile_width_ - 2, kTileHeight - 2, shade(goodness));
    svg.text(left + tile_width_ / 2,
             top + kTileHeight / 2 + 4,
             fmt::format("{} ({})", plain_number(found->mean), found->n),
             kSmallText,
             Anchor::Middle,
             goodness > .45 ? "#ffffff" : kInk,
             goodness == 1);
  }

  const study::Design& design_;
  const study::Response& response_;
  std::vector<const study::CellSummary*> means_;
  std::vector<study::Levels> columns_;
  std::vector<study::Levels> rows_;
  double tile_width_ = kTileWidth;  ///< Also holds the labels of the columns.
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::string heat_map_figure(const study::Analysis& analysis) {
  return HeatMap(analysis).draw();
}

}  // namespace yates::report
