// SPDX-License-Identifier: Apache-2.0
// How well the network segments the validation patches, during training.
#pragma once

#include "dist/communicator.hpp"
#include "dist/watchdog.hpp"
#include "launcher/train/rank_failure.hpp"
#include "launcher/train/trained_network.hpp"

namespace yates::train {

/// Dice as fractions, each the mean over the patches. wt: labels 1, 2, 3; tc: 1, 3; et: 3.
struct ValidationResult {
  double wt = 0;
  double tc = 0;
  double et = 0;
  double mean = 0;  ///< Of the three.
};

/// Collective: yes. Patch i is segmented by rank i mod size; labels are the argmax of the logits. A
/// region empty in both prediction and reference counts 1, in one of them 0. The ranks exchange
/// voxel counts, so the result does not depend on their number. A rank that cannot have a patch
/// fills in `failure` and still takes part; the result is then worth nothing, and the ranks must
/// agree on that. `device` is the network's. Precondition: set.size > 0.
ValidationResult validate(const TrainedNetwork& network,
                          const ValidationSet& set,
                          dist::Communicator& communicator,
                          dist::Watchdog& watchdog,
                          std::int64_t step,
                          RankFailure& failure,
                          const at::Device& device = at::kCPU);

}  // namespace yates::train
