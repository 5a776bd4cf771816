// SPDX-License-Identifier: Apache-2.0
// The ranks that this program is one of: those of its MPI launcher, or itself alone.
#pragma once

#include <memory>
#include <optional>

#include "dist/communicator.hpp"
#include "dist/mpi_session.hpp"

namespace yates::dist {

/// Starts MPI where mpirun or srun started this process, and ends it in order; an exception on its
/// way through the owner would prevent that. One per process.
class RankSession {
 public:
  /// Collective: yes. Throws as started_by_mpi_launcher and MpiSession.
  RankSession();

  /// All ranks; of a program started alone, that one.
  [[nodiscard]] Communicator& ranks() const { return *ranks_; }

 private:
  std::optional<MpiSession> mpi_;
  std::unique_ptr<Communicator> ranks_;
};

}  // namespace yates::dist
