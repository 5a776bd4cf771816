// SPDX-License-Identifier: Apache-2.0
// The sizes that the sequence operators (scan, conv1d) are measured at.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "launcher/cli/bench.hpp"

namespace yates::cli {

/// The keys `tokens` and `channels`.
std::vector<BenchKey> sequence_keys();

/// Measures one size, forward alone or with the backward pass.
using MeasureSequence = std::function<BenchResult(
    const BenchSettings& settings, std::int64_t tokens, std::int64_t channels, bool backward)>;

/// Measures at the sizes of the network's stages, or at the one size that the settings name; each
/// forward and forward with backward.
std::vector<BenchResult> measure_sequences(const BenchSettings& settings,
                                           const MeasureSequence& measure);

}  // namespace yates::cli
