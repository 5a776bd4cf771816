// SPDX-License-Identifier: Apache-2.0
// Where the ranks of a run are: host, device, NUMA nodes, cores. For people, at the start.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dist/communicator.hpp"

namespace yates::dist {

struct RankPlace {
  std::string host;
  std::string device = "cpu";  ///< Distinguishes devices of a host; equal names are one device.
  std::string numa;  ///< Nodes of the cores this rank may use, e.g. "0" or "0,1"; "-" unknown.
  std::int64_t cores = 0;  ///< That this rank may use.
  std::int64_t threads = 1;
};

/// Of the calling rank, `threads` of which compute.
RankPlace place_of_this_rank(std::int64_t threads);

/// A line per rank under a heading.
std::string placement_table(const std::vector<RankPlace>& places);

/// What is wrong with the places: threads that outnumber a host's cores. Empty if nothing.
std::vector<std::string> placement_warnings(const std::vector<RankPlace>& places);

/// Throws Error{BadConfig} if two ranks of a host have one device that is not "cpu".
void refuse_shared_devices(const std::vector<RankPlace>& places);

/// Collective: yes. How many ranks before the calling one are on its host.
int local_rank(Communicator& communicator);

/// Collective: yes. The places by rank, on every rank.
std::vector<RankPlace> gather_places(Communicator& communicator, const RankPlace& mine);

/// Explains a start in which Slurm and MPI disagree on the number of ranks; nothing if they agree
/// or Slurm is not there. `environment` gives a variable, "" if it is not set.
std::optional<std::string> launch_mismatch(
    int mpi_size, const std::function<std::string(const char*)>& environment);

}  // namespace yates::dist
