// SPDX-License-Identifier: Apache-2.0
#include "dist/placement.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "dist/local_communicator.hpp"
#include "tests/support/expect_error.hpp"

namespace yates::dist {
namespace {

std::optional<std::string> mismatch(int mpi_size, const std::string& tasks) {
  const std::map<std::string, std::string> variables = {{"SLURM_NTASKS", tasks}};
  return launch_mismatch(mpi_size, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  });
}

TEST(LaunchMismatch, IsSilentWithoutSlurmAndWhenBothAgree) {
  EXPECT_FALSE(mismatch(2, ""));
  EXPECT_FALSE(mismatch(2, "2"));
}

TEST(LaunchMismatch, TellsBothNumbersAndTheRemedy) {
  const std::string fewer = mismatch(1, "4").value();
  EXPECT_NE(fewer.find("4 tasks (SLURM_NTASKS) and MPI 1 ranks: 3 tasks"), std::string::npos);
  EXPECT_NE(fewer.find("srun --mpi=pmix"), std::string::npos);
  EXPECT_NE(mismatch(4, "2").value().find("--ntasks=4"), std::string::npos);
}

TEST(Placement, EveryRankKnowsAllPlaces) {
  run_local_ranks(3, [](Communicator& communicator) {
    const RankPlace mine{.host = "node" + std::to_string(communicator.rank()),
                         .device = "cuda:1",
                         .numa = "0,1",
                         .cores = 8,
                         .threads = 2};
    const std::vector<RankPlace> places = gather_places(communicator, mine);
    ASSERT_EQ(places.size(), 3U);
    EXPECT_EQ(places[2].host, "node2");
    EXPECT_EQ(places[1].numa, "0,1");
    EXPECT_EQ(places[0].threads, 2);
  });
}

TEST(Placement, TableHasALinePerRank) {
  const std::vector<RankPlace> places = {{"a", "cpu", "0", 4, 1}, {"long-name", "cpu", "-", 4, 1}};
  const std::string table = placement_table(places);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2);
  EXPECT_NE(table.find("    1  long-name  cpu"), std::string::npos) << table;
}

TEST(Placement, RefusesTwoRanksOnOneGpu) {
  const RankPlace gpu{.host = "a", .device = "cuda:0 0000:65:00.0", .numa = "0"};
  RankPlace elsewhere = gpu;
  elsewhere.host = "b";
  RankPlace other = gpu;
  other.device = "cuda:0 0000:b3:00.0";
  const RankPlace cpu{.host = "a", .device = "cpu", .numa = "0"};
  EXPECT_NO_THROW(refuse_shared_devices({gpu, elsewhere, other, cpu, cpu}));
  testing::expect_error(ExitCode::BadConfig,
                        {"ranks 1 and 3 share cuda:0 0000:65:00.0 of a", "--gpus-per-task=1"},
                        [&] {
                          refuse_shared_devices({other, gpu, cpu, gpu});
                        });
}

TEST(Placement, ARankKnowsItsPlaceOnItsHost) {
  run_local_ranks(3, [](Communicator& communicator) {
    EXPECT_EQ(local_rank(communicator), communicator.rank());
  });
}

TEST(Placement, WarnsOfTooManyThreads) {
  const RankPlace cpu{.host = "a", .device = "cpu", .numa = "0", .cores = 4, .threads = 3};
  EXPECT_TRUE(placement_warnings({cpu}).empty());
  EXPECT_EQ(placement_warnings({cpu, cpu}).size(), 1U);
}

TEST(Placement, OfThisProcessIsKnown) {
  const RankPlace place = place_of_this_rank(3);
  EXPECT_FALSE(place.host.empty());
  EXPECT_GE(place.cores, 1);
  EXPECT_EQ(place.threads, 3);
}

}  // namespace
}  // namespace yates::dist
