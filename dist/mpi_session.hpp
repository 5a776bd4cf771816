// SPDX-License-Identifier: Apache-2.0
// The life of MPI in this process: started once, before LibTorch makes threads, and ended once.
#pragma once

#include <memory>

#include "dist/communicator.hpp"

namespace yates::dist {

/// True if mpirun or srun started this process as a rank. A program started alone needs no MPI.
/// Throws Error{Usage} for a step of several tasks without an MPI plugin: each would train alone.
bool started_by_mpi_launcher();

/// MPI_Init_thread in the constructor, MPI_Finalize in the destructor. One per process.
class MpiSession {
 public:
  /// Collective: yes. Throws Error{Internal} if MPI does not start.
  MpiSession();
  /// Collective: yes. Where an exception is on its way, MPI is left as it is: the other ranks may
  /// never come.
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  /// Collective: yes. All ranks, on a communicator of its own. Must not outlive the session.
  std::unique_ptr<Communicator> world();

  /// Collective: no. Ends all ranks; the launcher returns `code`.
  [[noreturn]] static void abort(int code);

 private:
  int exceptions_;
};

}  // namespace yates::dist
