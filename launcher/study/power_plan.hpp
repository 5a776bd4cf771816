// SPDX-License-Identifier: Apache-2.0
// What a planned study will be able to tell: power and smallest detectable effect by number of
// seeds, what that costs, and whether the budget pays for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/study/design.hpp"
#include "launcher/study/power.hpp"
#include "launcher/study/run_sigma.hpp"
#include "launcher/study/sequential.hpp"

namespace yates::study {

/// The question that is planned for.
struct PowerQuestion {
  std::string contrast;  ///< Name for people: "relocate:prune at width=32".
  double effect = 1;     ///< Smallest effect that matters, in the metric's unit.
  double alpha = 0.05;
  double power = 0.8;           ///< Wanted.
  std::string method = "auto";  ///< As declared; auto: `headline_method` at each number of seeds.
  std::size_t own_cells = 4;    ///< Cells that the contrast compares.
  std::size_t all_cells = 4;    ///< Cells of the design that are run.
  double squared_length = 4;    ///< Sum of squared contrast weights.
  std::int64_t seeds = 0;       ///< Declared per arm.
  std::optional<double> seed_days = {};      ///< GPU-days of one seed in all arms.
  std::optional<double> own_seed_days = {};  ///< The same in the arms of the contrast alone.
  std::optional<double> budget_days = {};
  std::optional<SequentialPlan> sequential = {};
};

/// The question of a study file's primary contrast, without costs. Throws Error{BadConfig} if the
/// study declares none.
PowerQuestion power_question(const StudySpec& spec);

/// The method of the analysis with n declared seeds, and the degrees of freedom that go with it.
ReplicationPlan planned_replication(const PowerQuestion& question, std::int64_t n);

struct PowerRow {
  std::int64_t n = 0;
  Method method = Method::Blocked;
  double df = 0;
  double sigma = 0;
  double power = 0;
  double mde = 0;
  std::optional<double> gpu_days = {};
};

/// The planned looks in the long run.
struct SequentialForecast {
  LookModel model = {};
  std::vector<std::int64_t> looks = {};
  std::vector<double> bounds = {};
  SequentialOutlook at_effect = {};  ///< If the effect is the one asked for.
  SequentialOutlook at_null = {};    ///< If there is none.
};

struct PowerPlan {
  PowerQuestion question = {};
  RunSigma sigma = {};
  Interval sigma_interval = {};        ///< 95%.
  double sigma_upper = 0;              ///< 80% upper bound.
  std::vector<PowerRow> rows = {};     ///< By seeds at sigma: 2.., the declared, the needed.
  std::vector<PowerRow> careful = {};  ///< The same at the upper bound of sigma.
  std::optional<std::int64_t> seeds_needed = {};          ///< At sigma; nothing above 10000.
  std::optional<std::int64_t> seeds_needed_careful = {};  ///< At the upper bound.
  std::int64_t affordable_seeds = 0;  ///< By the budget, else the declared seeds.
  double affordable_power = 0;        ///< 0 below two seeds.
  double largest_sigma = 0;           ///< Up to which the affordable seeds suffice.
  bool identifiable = false;          ///< Within the budget, at sigma.
  std::string sentence = {};          ///< Says so.
  std::optional<SequentialForecast> sequential = {};
};

/// Answers the question at `sigma`; `most_rows` limits the rows of small n.
PowerPlan plan_power(const PowerQuestion& question,
                     const RunSigma& sigma,
                     std::int64_t most_rows = 12);

}  // namespace yates::study
