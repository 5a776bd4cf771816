// SPDX-License-Identifier: Apache-2.0
// The arm's network as the training loop sees it.
#pragma once

#include <cstdint>

#include "launcher/train/compute_policy.hpp"
#include "launcher/train/trained_network.hpp"
#include "model/options.hpp"

namespace yates::train {

/// SegMamba-V2 with these factors, float32 parameters on the device of `compute` and activations of
/// its type (model/precision.hpp), initialised from the seed, under mean cross-entropy
/// over the voxels, plus with `fce` the weighted losses of its heads (parts fce_bce, fce_alignment,
/// fce_smoothing). In the first fce.pretrain_epochs the heads' losses are the whole loss and the
/// heads' parameters the only ones updated, on the network's initial features; then all are trained
/// together, the heads' losses reaching the encoder. The paper (appendix H, E3b) names the two
/// stages only. Throws Error{BadConfig} with every finding about `options`.
TrainedNetwork make_segmamba(const model::ModelOptions& options,
                             std::uint64_t seed,
                             std::int64_t steps_per_epoch,
                             const ComputePolicy& compute = {});

}  // namespace yates::train
