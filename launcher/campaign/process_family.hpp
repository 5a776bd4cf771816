// SPDX-License-Identifier: Apache-2.0
// Ending every descendant of this process, on Linux, also those in other process groups.
#pragma once

namespace yates::campaign {

/// Makes this process the new parent of descendants whose own parent dies.
void become_reaper();

/// Kills (SIGKILL) and reaps all descendants until none is left. Precondition: become_reaper().
void kill_descendants();

}  // namespace yates::campaign
