// SPDX-License-Identifier: Apache-2.0
// Are the runs one population, or do some sit in another mode? Means of a mixture mislead.
#pragma once

#include <span>
#include <vector>

namespace yates::study {

/// Runs that lie together, away from the others.
struct Cluster {
  double low = 0;
  double high = 0;
  std::size_t n = 0;
};

/// Splits values at gaps 1.25 times wider than the widest gap expected of as many uniform values,
/// range (ln(n - 1) + 0.577) / (n - 1). One cluster for fewer than five values.
std::vector<Cluster> gap_clusters(std::span<const double> values);

/// Sarle's bimodality coefficient with small-sample corrections; above 5/9 hints at two modes. NaN
/// for fewer than four values or no spread.
double bimodality_coefficient(std::span<const double> values);

}  // namespace yates::study
