// SPDX-License-Identifier: Apache-2.0
// Pictures of the worst cases of an evaluation.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/eval/evaluation.hpp"

namespace yates::eval {

/// Writes `dir`/<case>.svg (error_figure_svg) for the cases of lowest mean Dice in the first
/// convention, at most three. The background is the case's T1c beside its reference or in `images`
/// (<case>-t1c.nii.gz or <case>/<case>-t1c.nii.gz), black where there is none. Returns the files.
/// Throws as reading and writing do.
std::vector<std::filesystem::path> write_worst_figures(const Evaluation& evaluation,
                                                       const EvaluationRequest& request,
                                                       const std::filesystem::path& images,
                                                       const std::filesystem::path& dir);

}  // namespace yates::eval
