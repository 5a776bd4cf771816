// SPDX-License-Identifier: Apache-2.0
// Training as one process of several: what every rank says and does when something fails.
#pragma once

#include <functional>

#include "dist/communicator.hpp"
#include "launcher/train/trainer.hpp"

namespace yates::train {

/// Collective: yes. Makes the setup, given the rank's place on its host, and trains; the process
/// exit code. Two ranks on one GPU are refused. A setup that fails on any
/// rank ends all of them with the worst of their codes, and the first that failed says why. Later,
/// an error on one of several ranks is printed with its rank and ends all processes of the launcher
/// (the others may be waiting for it); alone, it is rethrown.
int train_on_ranks(const std::function<TrainSetup(int local_rank)>& make_setup,
                   dist::Communicator& communicator);

}  // namespace yates::train
