// SPDX-License-Identifier: Apache-2.0
// What is known about the standard deviation of a run before a study: from a pilot, from its own
// runs, from the command line or from what is published.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/cli/planned_study.hpp"
#include "launcher/study/run_sigma.hpp"

namespace yates::cli {

/// Where the command line says the standard deviation comes from.
struct SigmaSource {
  std::string pilot;
  std::string results;
  std::string runs;
  bool blind = false;
  std::optional<double> sigma;
  std::optional<double> sigma_df;
};

/// Estimates of the standard deviation of a run; the one that fits the planned analysis comes
/// first. Never empty. Throws Error{Usage} if nothing is known, Error{BadData} for a table without
/// repeats or without variation, Error{Incomplete} if the study's own runs are too few.
std::vector<study::RunSigma> find_sigmas(const SigmaSource& source, const PlannedStudy& planned);

}  // namespace yates::cli
