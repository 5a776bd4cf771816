// SPDX-License-Identifier: Apache-2.0
// The bootstrap of many means at once: every column is resampled by the same draws of its rows, so
// that one matrix product does the work of all contrasts.
#pragma once

#include <vector>

#include "launcher/study/resampling.hpp"

namespace yates::study {

/// Bootstrap of the mean of each column, columns[c][unit]; the units (cases) are drawn jointly for
/// all columns, draw by draw as `bootstrap` does. Uses up to two threads; the results depend on
/// nothing but the arguments. Throws as `bootstrap` for fewer than ten units.
/// Precondition: columns of equal length.
std::vector<BootstrapResult> bootstrap_means(const std::vector<std::vector<double>>& columns,
                                             const BootstrapOptions& options);

/// The same for means over two crossed kinds of units, columns[c][seed][case]: both are drawn, each
/// jointly for all columns (the pigeonhole bootstrap of Owen 2007, which is conservative). Without
/// BCa, whose acceleration is not defined for two kinds. Throws for fewer than ten of either.
std::vector<BootstrapResult> bootstrap_crossed_means(
    const std::vector<std::vector<std::vector<double>>>& columns, const BootstrapOptions& options);

}  // namespace yates::study
