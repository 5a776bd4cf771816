// SPDX-License-Identifier: Apache-2.0
// What squeue says of the jobs of a study, for people to read. No decision rests on it: an empty
// answer does not mean that a job is gone.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "launcher/campaign/wave.hpp"

namespace yates::campaign {

struct QueuedElement {
  bool running = false;
  std::string reason;  ///< Why it waits, in Slurm's words: Priority, Resources, ...
};

struct QueueView {
  std::map<std::string, QueuedElement> elements;  ///< By "JOB_ELEMENT", or "JOB" for a gate.

  /// True if an element of this job waits or runs.
  [[nodiscard]] bool has_job(const std::string& job) const;
};

/// Asks squeue for the jobs in `log`; nothing if there is no squeue, it fails, or it does not
/// answer within 15 s. Never throws.
std::optional<QueueView> view_queue(const WaveLog& log) noexcept;

/// The answer of `squeue --array --format=%F|%K|%T|%r`.
QueueView parse_queue(const std::string& answer);

}  // namespace yates::campaign
