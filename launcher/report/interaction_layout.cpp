// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/interaction_layout.hpp"

#include <algorithm>
#include <utility>

#include "launcher/report/figures.hpp"

namespace yates::report {
namespace {

constexpr std::size_t kMostPanels = 4;

}  // namespace

std::size_t InteractionLayout::cell_at(const study::Design& design,
                                       const study::Levels& panel,
                                       std::size_t level,
                                       std::size_t line) const {
  study::Levels wanted = panel;
  const study::Factor& along = design.factors()[x];
  wanted[along.name] = along.levels[level];
  if (lines) {
    const study::Factor& factor = design.factors()[*lines];
    wanted[factor.name] = factor.levels[line];
  }
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    if (design.matches(cell, wanted)) {
      return cell;
    }
  }
  return 0;
}

InteractionLayout interaction_layout(const study::Analysis& analysis) {
  const study::Design& design = analysis.data.design;
  const std::vector<std::size_t> drawn = drawn_factors(analysis);
  InteractionLayout layout{.x = drawn[0], .lines = {}, .panels = {}};
  if (drawn.size() > 1) {
    layout.lines = drawn[1];
  }
  std::vector<std::pair<std::size_t, study::Levels>> panels;
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    study::Levels setting = design.levels(cell);
    for (const std::size_t f : drawn) {
      setting.erase(design.factors()[f].name);
    }
    auto panel = std::find_if(
        panels.begin(), panels.end(), [&](const auto& p) { return p.second == setting; });
    if (panel == panels.end()) {
      panels.emplace_back(0, setting);
      panel = panels.end() - 1;
    }
    panel->first += design.is_run(cell) ? 1 : 0;
  }
  std::stable_sort(
      panels.begin(), panels.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < std::min(kMostPanels, panels.size()); ++i) {
    if (panels[i].first > 1) {
      layout.panels.push_back(panels[i].second);
    }
  }
  return layout;
}

}  // namespace yates::report
