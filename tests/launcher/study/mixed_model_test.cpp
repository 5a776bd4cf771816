// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "launcher/study/crossed_model.hpp"
#include "launcher/study/variance_components.hpp"
#include "launcher/study/verdict.hpp"
#include "tests/launcher/study/reference_designs.hpp"

namespace yates::study {
namespace {

GroupedData batches(const std::vector<std::vector<double>>& groups) {
  GroupedData data{.values = {}, .fixed = {}, .random = {{}}};
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const double value : groups[group]) {
      data.values.push_back(value);
      data.fixed.push_back(0);
      data.random[0].push_back(group);
    }
  }
  return data;
}

// lme4: Dyestuff.
TEST(VarianceComponents, Dyestuff) {
  const VarianceFit fit = fit_variance_components(batches({{1545, 1440, 1440, 1520, 1580},
                                                           {1540, 1555, 1490, 1560, 1495},
                                                           {1595, 1550, 1605, 1510, 1560},
                                                           {1445, 1440, 1595, 1465, 1545},
                                                           {1595, 1630, 1515, 1635, 1625},
                                                           {1520, 1455, 1450, 1480, 1445}}));
  EXPECT_NEAR(fit.variances[0], 1764.05, 5e-3);
  EXPECT_NEAR(fit.variances[1], 2451.25, 5e-3);
  EXPECT_NEAR(fit.means[0], 1527.5, 1e-6);
  EXPECT_NEAR(fit.ses[0], 19.383412, 5e-6);
  EXPECT_NEAR(fit.criterion, 319.6543, 5e-5);
}

// lme4: Dyestuff2, the batch variance is zero.
TEST(VarianceComponents, DyestuffOnTheBoundary) {
  const VarianceFit fit = fit_variance_components(batches({{7.298, 3.846, 2.434, 9.566, 7.99},
                                                           {5.22, 6.556, .608, 11.788, -.892},
                                                           {.11, 10.386, 13.434, 5.51, 8.166},
                                                           {2.212, 4.852, 7.092, 9.288, 4.98},
                                                           {.282, 9.014, 4.458, 9.446, 7.198},
                                                           {1.722, 4.782, 8.106, .758, 3.758}}));
  EXPECT_EQ(fit.variances[0], 0);
  EXPECT_NEAR(fit.variances[1], 13.806310, 5e-6);
  EXPECT_NEAR(fit.means[0], 5.6656, 1e-8);
}

// lme4: Penicillin, plates crossed with samples.
TEST(VarianceComponents, PenicillinCrossed) {
  constexpr int kDiameters[24][6] = {
      {27, 23, 26, 23, 23, 21}, {27, 23, 26, 23, 23, 21}, {25, 21, 25, 24, 24, 20},
      {26, 23, 25, 23, 23, 20}, {25, 22, 26, 22, 23, 20}, {24, 22, 25, 23, 22, 19},
      {24, 20, 23, 21, 22, 19}, {26, 22, 26, 24, 24, 21}, {24, 21, 24, 22, 22, 20},
      {24, 21, 24, 23, 22, 19}, {26, 23, 26, 24, 24, 21}, {25, 22, 26, 24, 24, 20},
      {26, 24, 26, 24, 25, 22}, {26, 23, 26, 23, 23, 20}, {26, 23, 25, 24, 24, 22},
      {25, 22, 25, 23, 23, 20}, {25, 21, 24, 23, 23, 20}, {25, 22, 24, 23, 23, 19},
      {24, 21, 23, 21, 21, 19}, {26, 23, 26, 24, 24, 21}, {25, 21, 24, 22, 22, 18},
      {25, 22, 25, 22, 22, 20}, {24, 21, 24, 22, 24, 19}, {24, 21, 24, 22, 21, 18}};
  GroupedData data{.values = {}, .fixed = {}, .random = {{}, {}}};
  for (std::size_t plate = 0; plate < 24; ++plate) {
    for (std::size_t sample = 0; sample < 6; ++sample) {
      data.values.push_back(kDiameters[plate][sample]);
      data.fixed.push_back(0);
      data.random[0].push_back(plate);
      data.random[1].push_back(sample);
    }
  }
  const VarianceFit fit = fit_variance_components(data);
  EXPECT_NEAR(fit.variances[0], .716908, 5e-7);
  EXPECT_NEAR(fit.variances[1], 3.730918, 5e-6);
  EXPECT_NEAR(fit.variances[2], .302415, 5e-7);
  EXPECT_NEAR(fit.means[0], 22.972222, 5e-7);
  EXPECT_NEAR(fit.ses[0], .808573, 5e-7);
  EXPECT_NEAR(fit.criterion, 330.8606, 5e-5);
}

// R's npk with random blocks.
TEST(VarianceComponents, RandomBlocks) {
  const RunTable table = testing::npk();
  GroupedData data{.values = {}, .fixed = {}, .random = {{}}};
  for (const RunValue& run : table.runs) {
    data.values.push_back(run.value);
    data.fixed.push_back(run.cell);
    data.random[0].push_back(static_cast<std::size_t>(run.seed - 1));
  }
  EXPECT_NEAR(fit_variance_components(data).variances[0], 15.2832, 5e-4);
}

/// The golden 2 x 2 design of three seeds and four cases; cells in Yates order.
CrossedData golden() {
  const std::vector<std::vector<std::vector<double>>> values = {
      {{880, 918, 848, 908}, {883, 916, 849, 904}, {916, 943, 871, 939}},
      {{876, 902, 820, 883}, {877, 898, 819, 877}, {885, 909, 825, 896}},
      {{901, 924, 857, 902}, {887, 916, 845, 896}, {912, 937, 863, 920}},
      {{893, 919, 855, 903}, {900, 932, 855, 909}, {914, 942, 871, 931}}};
  CrossedData data{.cells = 4, .cell = {}, .seed = {}, .values = {}};
  for (std::size_t cell = 0; cell < 4; ++cell) {
    for (std::size_t seed = 0; seed < 3; ++seed) {
      data.cell.push_back(cell);
      data.seed.push_back(static_cast<std::int64_t>(seed) + 1);
      data.values.push_back(values[cell][seed]);
    }
  }
  return data;
}

void expect_golden_components(const CrossedComponents& found, double tolerance) {
  EXPECT_NEAR(found.run, 30.951389, tolerance);
  EXPECT_NEAR(found.cell_case, 19.543981, tolerance);
  EXPECT_NEAR(found.seed_case, 4.527778, tolerance);
  EXPECT_NEAR(found.seed, 107.027778, 10 * tolerance);
  EXPECT_NEAR(found.case_, 983.476852, 100 * tolerance);
  EXPECT_NEAR(found.residual, 6.284722, tolerance);
}

TEST(CrossedModel, StrataOfTheGoldenDesign) {
  const auto model = CrossedModel::fit(golden());
  ASSERT_TRUE(model);
  std::map<std::string, AnovaRow> rows;
  for (const AnovaRow& row : model->strata()) {
    rows[row.term] = row;
  }
  EXPECT_NEAR(rows.at("seed").ss, 89311.0 / 24, 1e-8);
  EXPECT_NEAR(rows.at("case").ss, 142617.0 / 4, 1e-8);
  EXPECT_NEAR(rows.at("cell:seed").ss, 18733.0 / 24, 1e-8);
  EXPECT_NEAR(rows.at("cell:case").ss, 2337.0 / 4, 1e-8);
  EXPECT_NEAR(rows.at("seed:case").ss, 1171.0 / 8, 1e-8);
  EXPECT_NEAR(rows.at("residual").ss, 905.0 / 8, 1e-7);
  EXPECT_NEAR(rows.at("total").ss, 570719.0 / 12, 1e-7);
  EXPECT_EQ(rows.at("residual").df, 18);
  expect_golden_components(model->components(), 5e-7);
}

void expect_golden_targets(const CrossedModel& model, double tolerance) {
  const Contrast contrast = parse_contrast(testing::letters("AB"), "A:B", {});
  const auto seeds = model.estimate(contrast, Target::Seeds);
  ASSERT_TRUE(seeds);
  EXPECT_NEAR(seeds->estimate, 31, 1e-9);
  EXPECT_NEAR(seeds->se, 6.585091, tolerance);
  EXPECT_NEAR(seeds->df, 6, 10 * tolerance);
  EXPECT_NEAR(two_sided_p(*seeds), .00330006, tolerance);
  const auto patients = model.estimate(contrast, Target::Patients);
  EXPECT_NEAR(patients->se, 4.651762, tolerance);
  EXPECT_NEAR(patients->df, 9, 10 * tolerance);
  EXPECT_NEAR(t_interval(*patients, .05).low, 20.4770, 5e-5);
  const auto both = model.estimate(contrast, Target::Both);
  EXPECT_NEAR(both->se, 7.931419, tolerance);
  EXPECT_NEAR(both->df, 10.822, 5e-4);
  EXPECT_NEAR(two_sided_p(*both), .00251607, tolerance);
  EXPECT_NEAR(t_interval(*both, .05).high, 48.4920, 5e-5);
}

TEST(CrossedModel, ThreeTargetsOfTheGoldenDesign) {
  expect_golden_targets(*CrossedModel::fit(golden()), 5e-7);
}

TEST(CrossedModel, RemlFindsTheClosedForm) {
  const auto model = CrossedModel::fit_by_reml(golden());
  ASSERT_TRUE(model);
  expect_golden_components(model->components(), 5e-6);
  EXPECT_NEAR(model->criterion(), 297.032585, 5e-6);
  expect_golden_targets(*model, 5e-6);
}

// Without cell:case variation the closed form goes negative; both routes must find the same
// boundary.
TEST(CrossedModel, BoundaryOfACompleteTable) {
  CrossedData data = golden();
  for (std::size_t run = 0; run < data.values.size(); ++run) {
    for (std::size_t k = 0; k < 4; ++k) {
      const auto noise = static_cast<double>((7 * run + 5 * k + run * k * 3) % 11) - 5;
      data.values[run][k] = data.values[3][k] + 3.0 * static_cast<double>(run % 5) + noise;
    }
  }
  const auto quick = CrossedModel::fit(data);
  const auto full = CrossedModel::fit_by_reml(data);
  ASSERT_TRUE(quick && full);
  const CrossedComponents& a = quick->components();
  const CrossedComponents& b = full->components();
  EXPECT_TRUE(a.seed == 0 || a.cell_case == 0 || a.seed_case == 0 || a.run == 0);
  EXPECT_NEAR(a.run, b.run, 1e-5);
  EXPECT_NEAR(a.cell_case, b.cell_case, 1e-5);
  EXPECT_NEAR(a.seed_case, b.seed_case, 1e-5);
  EXPECT_NEAR(a.residual, b.residual, 1e-5);
  const Contrast contrast = parse_contrast(testing::letters("AB"), "A:B", {});
  const auto both = quick->estimate(contrast, Target::Both);
  EXPECT_NEAR(both->se, full->estimate(contrast, Target::Both)->se, 1e-5);
  EXPECT_NEAR(both->df, full->estimate(contrast, Target::Both)->df, 1e-3);
  // One kind of unit alone has an exact test whatever the components are: its mean square.
  const auto seeds = quick->estimate(contrast, Target::Seeds);
  EXPECT_NEAR(seeds->se, std::sqrt(4 * quick->strata().at(2).ms / 12), 1e-9);
  EXPECT_EQ(seeds->df, 6);
  const auto patients = quick->estimate(contrast, Target::Patients);
  EXPECT_NEAR(patients->se, std::sqrt(4 * quick->strata().at(3).ms / 12), 1e-9);
  EXPECT_EQ(patients->df, 9);
}

TEST(CrossedModel, AMissingRunIsNoObstacle) {
  CrossedData data = golden();
  data.cell.pop_back();
  data.seed.pop_back();
  data.values.pop_back();
  const auto model = CrossedModel::fit(data);
  ASSERT_TRUE(model);
  EXPECT_TRUE(model->strata().empty());
  // The dense fit of the same rows says the same.
  GroupedData dense{.values = {}, .fixed = {}, .random = {{}, {}, {}, {}, {}}};
  for (std::size_t run = 0; run < data.cell.size(); ++run) {
    for (std::size_t k = 0; k < 4; ++k) {
      dense.values.push_back(data.values[run][k]);
      dense.fixed.push_back(data.cell[run]);
      const auto seed = static_cast<std::size_t>(data.seed[run] - 1);
      dense.random[0].push_back(seed);
      dense.random[1].push_back(run);
      dense.random[2].push_back(k);
      dense.random[3].push_back(data.cell[run] * 4 + k);
      dense.random[4].push_back(seed * 4 + k);
    }
  }
  const VarianceFit fit = fit_variance_components(dense);
  EXPECT_NEAR(model->criterion(), fit.criterion, 1e-7);
  EXPECT_NEAR(model->components().run, fit.variances[1], 1e-4);
  EXPECT_NEAR(model->components().residual, fit.variances[5], 1e-4);
  const Contrast b = parse_contrast(testing::letters("AB"), "B", {{"A", "0"}});
  EXPECT_NEAR(model->estimate(b, Target::Both)->estimate, fit.means[2] - fit.means[0], 1e-5);
}

TEST(CrossedModel, DuplicatingAllCasesLeavesTheSeedTargetUnchanged) {
  CrossedData twice = golden();
  for (auto& run : twice.values) {
    run.insert(run.end(), run.begin(), run.end());
  }
  const Contrast contrast = parse_contrast(testing::letters("AB"), "A:B", {});
  const auto one = CrossedModel::fit(golden())->estimate(contrast, Target::Seeds);
  const auto two = CrossedModel::fit(twice)->estimate(contrast, Target::Seeds);
  EXPECT_NEAR(one->se, two->se, 1e-6);
}

TEST(CrossedModel, OneSeedOrOneCaseIsNotEnough) {
  CrossedData data = golden();
  for (auto& run : data.values) {
    run.resize(1);
  }
  EXPECT_FALSE(CrossedModel::fit(data));
  CrossedData single = golden();
  single.seed.assign(single.seed.size(), 1);
  single.cell = {0, 1, 2, 3};
  single.seed.resize(4);
  single.values.resize(4);
  EXPECT_FALSE(CrossedModel::fit(single));
}

}  // namespace
}  // namespace yates::study
