// SPDX-License-Identifier: Apache-2.0
// How a trained arm predicts and is scored.
#pragma once

#include <string>

namespace yates::eval {

struct EvaluateOptions {
  double patch_overlap = 0.5;           ///< Overlap of neighbouring windows, in [0, 1).
  std::string tta = "mirror8";          ///< none, mirror8
  std::string convention = "segmamba";  ///< Metric convention of the headline numbers.
};

}  // namespace yates::eval
