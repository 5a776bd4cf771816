// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/planned_study.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "launcher/campaign/plan.hpp"

namespace yates::cli {
namespace {

/// GPU-days of one seed in all arms, and in those with weight; nothing if one is unknown.
void add_costs(PlannedStudy& planned) {
  const campaign::Plan plan = campaign::make_plan(planned.file, 1);
  double all = 0;
  double own = 0;
  for (const campaign::PlannedRun& run : plan.runs) {
    if (run.block != 1) {
      continue;
    }
    if (!run.gpu_days) {
      return;
    }
    all += *run.gpu_days;
    const study::Levels& levels = planned.file.arms[run.arm].levels;
    for (std::size_t cell = 0; cell < planned.design.size(); ++cell) {
      if (planned.contrast.weights[cell] != 0 && planned.design.matches(cell, levels)) {
        own += *run.gpu_days;
      }
    }
  }
  planned.question.seed_days = all;
  planned.question.own_seed_days = own;
}

}  // namespace

PlannedStudy planned_study(config::StudyFile file) {
  study::PowerQuestion question = study::power_question(file.spec);
  study::Design design(file.spec.factors, file.spec.exclude);
  study::Contrast contrast =
      parse_contrast(design, file.spec.primary->contrast, file.spec.primary->at);
  PlannedStudy planned{.file = std::move(file),
                       .design = std::move(design),
                       .contrast = std::move(contrast),
                       .question = std::move(question)};
  add_costs(planned);
  planned.question.budget_days = planned.file.gpu_days;
  return planned;
}

bool within_seeds(const study::PowerQuestion& question) {
  const study::Method method =
      study::planned_replication(question, std::max<std::int64_t>(question.seeds, 2)).method;
  return method == study::Method::Blocked || method == study::Method::PerSeedT;
}

}  // namespace yates::cli
