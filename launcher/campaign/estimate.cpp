// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/estimate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "launcher/study/contrast.hpp"
#include "launcher/study/sequential.hpp"

namespace yates::campaign {
namespace {

constexpr double kPaperDays = 3.0;

/// Seeds per arm when the study ends by its looks, on average, if the effect is delta.
double expected_seeds(const config::StudyFile& study, double run_sd) {
  constexpr std::size_t kDraws = 20'000;
  constexpr std::size_t kBoundDraws = 100'000;
  const auto all = static_cast<double>(study.spec.seeds.size());
  const bool looks = study.spec.primary && study.spec.sequential &&
                     study.spec.primary->metric == "dice" && !study.spec.sequential->looks.empty();
  if (!looks) {
    return all;
  }
  const study::SequentialPlan& plan = *study.spec.sequential;
  const study::PrimaryContrast& primary = *study.spec.primary;
  const study::Design design(study.spec.factors, study.spec.exclude);
  const study::Contrast contrast = study::parse_contrast(design, primary.contrast, primary.at);
  const auto cells = static_cast<std::size_t>(std::count_if(
      contrast.weights.begin(), contrast.weights.end(), [](double w) { return w != 0.0; }));
  const study::Method headline =
      study::parse_method(primary.method)
          .value_or(study::headline_method(true, study.spec.seeds.size()));
  const study::LookModel model = study::look_model(headline, cells, design.run_count());
  const auto bounds =
      study::sequential_bounds(plan, model, primary.alpha, std::nullopt, kBoundDraws);
  const double sd = run_sd * std::sqrt(contrast.squared_length());
  const double shift = primary.delta.value_or(1.0) / sd;
  const double at_looks =
      study::sequential_outlook(
          plan, model, bounds, shift, plan.futility && primary.delta ? shift : 0, kDraws)
          .expected_seeds;
  return std::min(at_looks, all);
}

/// A run of `days` that begins anew after each failure takes (exp(days / m) - 1) m on average; with
/// a checkpoint every epoch it loses half an epoch per failure.
double saved_by_checkpoints(double days, std::int64_t epochs, double mtbf_days) {
  const double anew = mtbf_days * std::expm1(days / mtbf_days);
  const double resumed = days + days / mtbf_days * days /
                                    (2.0 * static_cast<double>(std::max<std::int64_t>(epochs, 1)));
  return anew - resumed;
}

double submission_order_days(const config::StudyFile& study, const Plan& plan, std::int64_t slots) {
  std::vector<double> days;
  for (const std::int64_t seed : study.spec.seeds) {
    for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
      const auto run = std::find_if(plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& r) {
        return r.arm == arm && r.seed == seed;
      });
      days.push_back(run->gpu_days.value_or(0) / static_cast<double>(study.slurm.ranks_per_run));
    }
  }
  return list_schedule_days(days, slots);
}

}  // namespace

double paper_gpu_days(std::size_t runs) {
  return kPaperDays * static_cast<double>(runs);
}

Estimate estimate_study(const config::StudyFile& study, const EstimateOptions& options) {
  const Plan first = make_plan(study, options.gpus);
  Estimate estimate;
  estimate.times = step_times(study, first, options.sources);
  estimate.plan = make_plan(study, options.gpus, estimate.times);
  const Plan& plan = estimate.plan;
  Saving& saving = estimate.saving;
  std::vector<double> costs;
  for (const PlannedRun& run : plan.runs) {
    const double days = run.gpu_days.value_or(0);
    costs.push_back(days);
    saving.faster_step += kPaperDays - days;
    saving.no_lost_work +=
        saved_by_checkpoints(days, study.arms[run.arm].config.train.epochs, options.mtbf_gpu_days);
  }
  const std::int64_t ranks = study.slurm.ranks_per_run;
  const std::int64_t slots = std::max<std::int64_t>(options.gpus / ranks, 1);
  saving.packing = static_cast<double>(slots * ranks) *
                   (submission_order_days(study, plan, slots) -
                    pack_runs(costs, slots).days / static_cast<double>(ranks));
  estimate.expected_seeds = expected_seeds(study, options.run_sd);
  const auto seeds = static_cast<double>(std::max<std::size_t>(study.spec.seeds.size(), 1));
  saving.stopping_rule = plan.gpu_days * (1 - estimate.expected_seeds / seeds);
  if (!options.widths.empty()) {
    estimate.mixed = pack_widths(costs, options.widths, options.gpus);
  }
  return estimate;
}

Json estimate_json(const config::StudyFile& study,
                   const EstimateOptions& options,
                   const Estimate& estimate) {
  const Plan& plan = estimate.plan;
  Json json = {{"schema", 1},
               {"study", study.spec.name},
               {"runs", plan.runs.size()},
               {"gpus", options.gpus},
               {"gpu_days", plan.gpu_days},
               {"gpu_days_at_3_days_per_run", paper_gpu_days(plan.runs.size())},
               {"makespan_days", plan.makespan_days},
               {"lower_bound_days", plan.lower_bound_days},
               {"seconds_per_step", Json::object()}};
  for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
    const StepTime& time = estimate.times[arm];
    json["seconds_per_step"][study.arms[arm].id] = {
        {"value", time.seconds > 0 ? Json(time.seconds) : Json(nullptr)},
        {"source", time.measured ? "measured" : "flops"}};
  }
  const Saving& saving = estimate.saving;
  json["saving"] = {{"faster_step", saving.faster_step},
                    {"packing", saving.packing},
                    {"stopping_rule", saving.stopping_rule},
                    {"no_lost_work", saving.no_lost_work}};
  json["assumed"] = {{"mtbf_gpu_days", options.mtbf_gpu_days},
                     {"run_sd", options.run_sd},
                     {"expected_seeds", estimate.expected_seeds}};
  if (estimate.mixed) {
    json["mixed_widths"] = {{"makespan_days", estimate.mixed->days},
                            {"lower_bound_days", estimate.mixed->lower_bound_days},
                            {"gpu_days", estimate.mixed->gpu_days}};
  }
  return json;
}

std::string estimate_text(const config::StudyFile& study,
                          const EstimateOptions& options,
                          const Estimate& estimate) {
  const Plan& plan = estimate.plan;
  std::string text = fmt::format(
      "{}: {} runs\nat the paper's 3 days a run: {:.4g} GPU-days\nours: {:.4g} "
      "GPU-days, {:.4g} days on {} GPUs (no schedule is shorter than {:.4g})\n\n",
      study.spec.name,
      plan.runs.size(),
      paper_gpu_days(plan.runs.size()),
      plan.gpu_days,
      plan.makespan_days,
      options.gpus,
      plan.lower_bound_days);
  std::size_t widest = 0;
  for (const config::StudyArm& arm : study.arms) {
    widest = std::max(widest, arm.id.size());
  }
  for (std::size_t arm = 0; arm < study.arms.size(); ++arm) {
    const StepTime& time = estimate.times[arm];
    text += fmt::format("  {:<{}}  {}\n",
                        study.arms[arm].id,
                        widest,
                        time.seconds > 0 ? fmt::format("{:.4g} s a step, {}",
                                                       time.seconds,
                                                       time.measured ? "measured" : "from FLOPs")
                                         : "an external program: unknown");
  }
  const Saving& saving = estimate.saving;
  text += fmt::format(
      "\nsaved, each cause on its own, in GPU-days:\n"
      "  faster step    {:8.2f}  against 3 days a run\n"
      "  packing        {:8.2f}  idle time of {} GPUs, against the order of the study file\n"
      "  stopping rule  {:8.2f}  expected: {:.2f} of {} seeds, if the effect is delta and a run's "
      "SD {:.3g}\n"
      "  no lost work   {:8.2f}  expected: a failure every {:.3g} GPU-days",
      saving.faster_step,
      saving.packing,
      options.gpus,
      saving.stopping_rule,
      estimate.expected_seeds,
      study.spec.seeds.size(),
      options.run_sd,
      saving.no_lost_work,
      options.mtbf_gpu_days);
  if (estimate.mixed) {
    text += fmt::format(
        "\nwith mixed numbers of ranks: {:.4g} days, {:.4g} GPU-days (no schedule is "
        "shorter than {:.4g})",
        estimate.mixed->days,
        estimate.mixed->gpu_days,
        estimate.mixed->lower_bound_days);
  }
  return text;
}

}  // namespace yates::campaign
