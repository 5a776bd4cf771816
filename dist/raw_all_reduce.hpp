// SPDX-License-Identifier: Apache-2.0
// MPI_Allreduce with nothing of ours around it: what `yates bench allreduce` is measured against.
#pragma once

#include <span>
#include <string>

namespace yates::dist {

/// Collective: yes, on all ranks of the process's MPI, which an MpiSession must have started.
/// Element-wise fp32 sum in place.
void raw_all_reduce(std::span<float> values);

/// Name and version of the MPI library, e.g. "Open MPI v4.1.4".
std::string mpi_library();

}  // namespace yates::dist
