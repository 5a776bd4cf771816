// SPDX-License-Identifier: Apache-2.0
// Otsu's threshold, with the histogram of ITK's filter.
#pragma once

#include <cstdint>
#include <span>

namespace yates::io {

/// The value that splits a histogram of `bins` equal bins over [min, max] (widened by 1/100 bin at
/// the top) into two classes of greatest variance between them: the upper end of a bin. Values
/// above it are foreground. `zeros` counts further values of 0 that are not listed. Constant input
/// gives that constant. Source: Otsu 1979; bins and edges as itk::OtsuThresholdImageFilter.
double otsu_threshold(std::span<const float> values, std::int64_t zeros, std::int64_t bins);

}  // namespace yates::io
