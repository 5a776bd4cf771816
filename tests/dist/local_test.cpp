// SPDX-License-Identifier: Apache-2.0
// The communicators of one process.
#include <stdexcept>
#include <vector>

#include "base/error.hpp"
#include "dist/local_communicator.hpp"
#include "dist/tree_reduction.hpp"
#include "tests/dist/communicator_suite.hpp"

namespace yates::dist {
namespace {

Backend local(int size) {
  return {"Local" + std::to_string(size),
          [size](const std::function<void(Communicator&)>& work) { run_local_ranks(size, work); }};
}

std::vector<Backend> backends() {
  const Backend null = {"Null", [](const std::function<void(Communicator&)>& work) {
                          work(*make_null_communicator());
                        }};
  return {null, local(1), local(2), local(3), local(4)};
}

INSTANTIATE_TEST_SUITE_P(Process, CommunicatorSuite, ::testing::ValuesIn(backends()), backend_name);
INSTANTIATE_TEST_SUITE_P(Process,
                         TreeReductionSuite,
                         ::testing::ValuesIn(backends()),
                         backend_name);

TEST(LocalRanks, AFailingRankWakesTheOthers) {
  for (const int failing : {0, 1, 2}) {
    EXPECT_THROW(run_local_ranks(3,
                                 [failing](Communicator& comm) {
                                   if (comm.rank() == failing) {
                                     throw std::runtime_error("this rank");
                                   }
                                   comm.barrier();
                                 }),
                 std::exception);
  }
}

TEST(SamplesOfRank, AreContiguousAndEqual) {
  EXPECT_EQ(samples_of_rank(6, 0, 3).begin, 0);
  EXPECT_EQ(samples_of_rank(6, 2, 3).begin, 4);
  EXPECT_EQ(samples_of_rank(6, 2, 3).end, 6);
}

TEST(SamplesOfRank, RefuseThreeRanksForABatchOfTwo) {
  try {
    samples_of_rank(2, 0, 3);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadConfig);
    EXPECT_NE(std::string(error.what()).find("3 ranks"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("global batch of 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace yates::dist
