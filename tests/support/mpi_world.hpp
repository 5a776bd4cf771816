// SPDX-License-Identifier: Apache-2.0
// All ranks of a test started under mpirun.
#pragma once

#include "dist/communicator.hpp"

namespace yates::testing {

/// The communicator that tests/support/mpi_main.cpp opened.
dist::Communicator& world();

}  // namespace yates::testing
