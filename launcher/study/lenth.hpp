// SPDX-License-Identifier: Apache-2.0
// Lenth's analysis of unreplicated factorials: most effects are noise, so their median size
// measures the noise. Source: R. V. Lenth, Technometrics 31 (1989) 469.
#pragma once

#include <span>
#include <vector>

namespace yates::study {

/// Multiples of PSE beyond which an effect (ME) and the largest of all effects (SME) is active.
struct LenthCriticals {
  double me = 0;
  double sme = 0;
};

/// Lenth's own approximation by t with m / 3 degrees of freedom; conservative.
LenthCriticals lenth_t_criticals(std::size_t effects, double alpha);

/// Exact criticals under pure normal noise: tabulated for the common designs (10^6 draws), else
/// from 10^5 draws keyed by counter, so that the same question has the same answer everywhere.
LenthCriticals lenth_simulated_criticals(std::size_t effects, double alpha);

struct LenthResult {
  double s0 = 0;   ///< 1.5 times the median size.
  double pse = 0;  ///< The same without effects beyond 2.5 s0.
  double df = 0;   ///< m / 3.
  double me = 0;   ///< By t.
  double sme = 0;
  double me_simulated = 0;
  double sme_simulated = 0;
};

/// s0 and PSE alone. Precondition: at least one effect.
double pseudo_standard_error(std::span<const double> effects, double& s0);

/// The analysis of the effects of one response. Precondition: at least three effects.
LenthResult lenth(std::span<const double> effects, double alpha = 0.05);

}  // namespace yates::study
