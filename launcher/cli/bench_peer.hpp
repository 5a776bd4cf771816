// SPDX-License-Identifier: Apache-2.0
// Peers written in Python: scripts of tools/bench/peers, run by the interpreter that
// `tools/bootstrap.sh --peers` installs. A peer that is not there is said so, never invented.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "launcher/cli/bench.hpp"

namespace yates::cli {

/// Runs `tools/bench/peers/SCRIPT ARGUMENTS`, ARGUMENTS being one JSON text, with OMP_NUM_THREADS
/// set to `threads`. The script prints one JSON line
///   {"name": "MedPy 0.5.2", "median": 1.2, "min": 1.1, "max": 1.4, "n": 5}
/// in the unit of the caller. Nothing, with a warning that says why, if the interpreter or the
/// script is missing, the script fails or prints something else.
std::optional<PeerResult> run_python_peer(const std::string& script,
                                          const Json& arguments,
                                          std::int64_t threads);

/// All that the script printed as its last line, for peers that report more than a time.
std::optional<Json> run_python_peer_json(const std::string& script,
                                         const Json& arguments,
                                         std::int64_t threads);

}  // namespace yates::cli
