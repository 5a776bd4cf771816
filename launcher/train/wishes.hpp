// SPDX-License-Identifier: Apache-2.0
// What is asked of a run from outside: to stop, to save.
#pragma once

#include <string>

#include "dist/communicator.hpp"
#include "launcher/train/run_directory.hpp"

namespace yates::train {

/// What the ranks agree on at a step boundary.
struct Wishes {
  int signal = 0;  ///< Number of a signal that some rank got, or 0.
  bool halt = false;
  bool save = false;

  [[nodiscard]] bool stop() const { return signal != 0 || halt; }
  /// Why the run stops, for its verdict.
  [[nodiscard]] std::string stop_reason() const;
};

/// Collective: yes. Looks for signals, and on the rank that has a `directory` for the files HALT
/// and SAVE; takes SAVE away.
Wishes agree_on_wishes(const RunDirectory* directory, dist::Communicator& communicator);

}  // namespace yates::train
