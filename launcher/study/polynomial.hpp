// SPDX-License-Identifier: Apache-2.0
// Orthogonal polynomial contrasts over the levels of a quantitative factor.
#pragma once

#include <span>
#include <vector>

namespace yates::study {

/// Weights of the orthogonal polynomials of degree 1 .. n-1 over n distinct scores, in the order of
/// the scores given; each sums to zero. Scaled to the smallest whole numbers where there are some
/// (equal spacing: -1 0 1 and 1 -2 1), else so that the smallest non-zero weight is 1 in size. The
/// sign is that of the highest power, so a linear weight grows with the score.
std::vector<std::vector<double>> orthogonal_polynomials(std::span<const double> scores);

}  // namespace yates::study
