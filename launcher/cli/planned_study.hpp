// SPDX-License-Identifier: Apache-2.0
// A study as its power is asked for: design, primary contrast, and what a seed costs.
#pragma once

#include "launcher/config/study_file.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/design.hpp"
#include "launcher/study/power_plan.hpp"

namespace yates::cli {

/// The study with its question, and what a seed costs.
struct PlannedStudy {
  config::StudyFile file;
  study::Design design;
  study::Contrast contrast;
  study::PowerQuestion question;
};

/// The question of a study's declared primary contrast. The costs of a seed are set where those of
/// all its runs are known. Throws as power_question and parse_contrast do.
PlannedStudy planned_study(config::StudyFile file);

/// True if the analysis takes a shift shared by a seed's arms out.
bool within_seeds(const study::PowerQuestion& question);

}  // namespace yates::cli
