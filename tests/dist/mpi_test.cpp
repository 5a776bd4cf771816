// SPDX-License-Identifier: Apache-2.0
// The communicator of real ranks.
#include "tests/dist/communicator_suite.hpp"
#include "tests/support/mpi_world.hpp"

namespace yates::dist {
namespace {

const Backend kMpi = {
    "Mpi", [](const std::function<void(Communicator&)>& work) { work(testing::world()); }};

INSTANTIATE_TEST_SUITE_P(Ranks, CommunicatorSuite, ::testing::Values(kMpi), backend_name);
INSTANTIATE_TEST_SUITE_P(Ranks, TreeReductionSuite, ::testing::Values(kMpi), backend_name);

}  // namespace
}  // namespace yates::dist
