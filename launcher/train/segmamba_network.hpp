// SPDX-License-Identifier: Apache-2.0
// The arm's network as the training loop sees it.
#pragma once

#include <cstdint>

#include "launcher/train/trained_network.hpp"
#include "model/options.hpp"

namespace yates::train {

/// SegMamba-V2 with these factors, float32, initialised from the seed, under mean cross-entropy
/// over the voxels. Throws Error{BadConfig} with every finding about `options`.
TrainedNetwork make_segmamba(const model::ModelOptions& options, std::uint64_t seed);

}  // namespace yates::train
