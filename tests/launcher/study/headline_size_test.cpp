// SPDX-License-Identifier: Apache-2.0
// The size of the headline interval by simulation: how often it excludes zero when nothing is
// there.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "launcher/study/analysis.hpp"
#include "launcher/study/analysis_contrasts.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

/// True if the headline of the interaction excludes zero at 5 %.
bool is_rejected(const RunTable& table, const Contrast& contrast) {
  const auto estimates = run_estimates(table, contrast, nullptr);
  const Method method = pick_headline(table, contrast, estimates, {}, "auto");
  const auto headline = std::find_if(
      estimates.begin(), estimates.end(), [&](const Estimate& e) { return e.method == method; });
  return two_sided_p(*headline) < .05;
}

/// Share of rejections in a 2 x 2 of paired seeds; `draw(stream, cell)` is the noise of one run.
template <typename Draw>
double size_of_headline(std::size_t seeds, int studies, Draw draw) {
  const Design design = testing::letters("AB");
  const Contrast contrast = parse_contrast(design, "A:B", {});
  int rejected = 0;
  for (int study = 0; study < studies; ++study) {
    RandomStream stream(11, "headline-size", static_cast<std::uint64_t>(study), seeds);
    RunTable table{.cells = 4, .seeds_are_blocks = true, .runs = {}};
    for (std::size_t seed = 0; seed < seeds; ++seed) {
      const double shift = 1.5 * stream.normal();
      for (std::size_t cell = 0; cell < 4; ++cell) {
        table.runs.push_back({cell, static_cast<std::int64_t>(seed), shift + draw(stream, cell)});
      }
    }
    rejected += is_rejected(table, contrast) ? 1 : 0;
  }
  return static_cast<double>(rejected) / studies;
}

// 20000 studies: a share of 0.05 has a standard error of 0.0015.
constexpr int kStudies = 20000;

TEST(HeadlineSize, OfNormalNoise) {
  for (std::size_t seeds = 3; seeds <= 8; ++seeds) {
    const double size =
        size_of_headline(seeds, kStudies, [](RandomStream& s, std::size_t) { return s.normal(); });
    EXPECT_GE(size, .04) << seeds;
    EXPECT_LE(size, .06) << seeds;
  }
}

TEST(HeadlineSize, OfNoiseWithTwoModes) {
  for (std::size_t seeds = 3; seeds <= 8; ++seeds) {
    const double size = size_of_headline(seeds, kStudies, [](RandomStream& s, std::size_t) {
      return (s.bernoulli(.5) ? -3.0 : 0.0) + s.normal();
    });
    EXPECT_GE(size, .04) << seeds;
    EXPECT_LE(size, .06) << seeds;
  }
}

// Cells that collapse at different rates: no method is exact, the per-seed t stays below twice its
// size.
TEST(HeadlineSize, OfCellsThatCollapseAtDifferentRates) {
  constexpr double kCollapse[] = {.05, .05, .8, .2};
  // The means differ by the rates; the interaction of the means is taken out.
  const double interaction = -3 * (kCollapse[0] - kCollapse[1] - kCollapse[2] + kCollapse[3]);
  for (std::size_t seeds = 5; seeds <= 8; ++seeds) {
    const double size = size_of_headline(seeds, kStudies, [&](RandomStream& s, std::size_t cell) {
      const double base = cell == 0 ? -interaction : 0;
      return base + (s.bernoulli(kCollapse[cell]) ? -3.0 : 0.0) + s.normal();
    });
    EXPECT_LE(size, .10) << seeds;
  }
}

}  // namespace
}  // namespace yates::study
