// SPDX-License-Identifier: Apache-2.0
#include "tests/dist/communicator_suite.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "base/error.hpp"

namespace yates::dist {
namespace {

std::vector<std::byte> bytes_of_rank(int rank, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((static_cast<std::size_t>(rank) * 31 + i * 7 + 3) & 0xFF);
  }
  return bytes;
}

// Around the limits of small messages, and empty.
constexpr std::size_t kSizes[] = {0, 1, 7, 4096, 4097, 300001};

TEST_P(CommunicatorSuite, BroadcastReachesEveryRankFromAnyRoot) {
  GetParam().run([](Communicator& comm) {
    for (int root = 0; root < comm.size(); ++root) {
      for (const std::size_t size : kSizes) {
        std::vector<std::byte> bytes = bytes_of_rank(comm.rank(), size);
        comm.broadcast(bytes, root);
        EXPECT_EQ(bytes, bytes_of_rank(root, size)) << "root " << root << " size " << size;
      }
    }
  });
}

TEST_P(CommunicatorSuite, MaximumIsTakenElementwise) {
  GetParam().run([](Communicator& comm) {
    std::vector<std::int64_t> values = {
        comm.rank(), -comm.rank(), 5, std::numeric_limits<std::int64_t>::min() + comm.rank()};
    comm.all_reduce_max(values);
    const std::int64_t last = comm.size() - 1;
    EXPECT_EQ(
        values,
        (std::vector<std::int64_t>{last, 0, 5, std::numeric_limits<std::int64_t>::min() + last}));
    comm.all_reduce_max({});
  });
}

TEST_P(CommunicatorSuite, SumIsTheSameOnEveryRank) {
  GetParam().run([](Communicator& comm) {
    std::vector<float> values(10001);
    std::iota(values.begin(), values.end(), static_cast<float>(comm.rank()));
    comm.all_reduce_sum(values);
    const auto n = static_cast<float>(comm.size());
    EXPECT_EQ(values[0], n * (n - 1) / 2);
    EXPECT_EQ(values[10000], n * 10000 + n * (n - 1) / 2);
  });
}

TEST_P(CommunicatorSuite, GatherKeepsRanksAndLengthsApart) {
  GetParam().run([](Communicator& comm) {
    // Rank 0 has nothing to say.
    const auto mine = bytes_of_rank(comm.rank(), static_cast<std::size_t>(comm.rank()) * 1000);
    const auto all = comm.all_gather(mine);
    const auto at_last = comm.gather(mine, comm.size() - 1);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(comm.size()));
    EXPECT_EQ(at_last.empty(), comm.rank() != comm.size() - 1);
    for (int rank = 0; rank < comm.size(); ++rank) {
      const auto index = static_cast<std::size_t>(rank);
      EXPECT_EQ(all[index], bytes_of_rank(rank, index * 1000));
      EXPECT_TRUE(at_last.empty() || at_last[index] == all[index]);
    }
  });
}

TEST_P(CommunicatorSuite, MessagesArriveInOrderAroundARing) {
  GetParam().run([](Communicator& comm) {
    if (comm.size() == 1) {
      return;
    }
    const int next = (comm.rank() + 1) % comm.size();
    const int previous = (comm.rank() + comm.size() - 1) % comm.size();
    for (const std::size_t size : kSizes) {
      std::vector<std::byte> received(size);
      if (comm.rank() == 0) {
        comm.send(bytes_of_rank(0, size), next);
        comm.receive(received, previous);
      } else {
        comm.receive(received, previous);
        comm.send(bytes_of_rank(comm.rank(), size), next);
      }
      EXPECT_EQ(received, bytes_of_rank(previous, size));
    }
  });
}

TEST_P(CommunicatorSuite, ExchangeSwapsWithoutDeadlock) {
  GetParam().run([](Communicator& comm) {
    const int peer = comm.rank() ^ 1;
    if (peer >= comm.size()) {
      return;
    }
    for (const std::size_t size : kSizes) {
      std::vector<std::byte> received(size);
      comm.exchange(bytes_of_rank(comm.rank(), size), received, peer);
      EXPECT_EQ(received, bytes_of_rank(peer, size));
    }
  });
}

TEST_P(CommunicatorSuite, CountsItsOperations) {
  GetParam().run([](Communicator& comm) {
    EXPECT_FALSE(comm.state().inside);
    const std::uint64_t before = comm.state().sequence;
    std::int64_t value = 0;
    comm.barrier();
    comm.all_reduce_max(std::span(&value, 1));
    EXPECT_EQ(comm.state().sequence, before + 2);
    EXPECT_EQ(comm.state().operation, "all_reduce_max");
    EXPECT_EQ(comm.state().bytes, 8U);
    EXPECT_GE(comm.wait_seconds(), 0.0);
  });
}

TEST_P(CommunicatorSuite, RefusesPeersThatDoNotExist) {
  GetParam().run([](Communicator& comm) {
    std::vector<std::byte> bytes(4);
    EXPECT_THROW(comm.send(bytes, comm.rank()), Error);
    EXPECT_THROW(comm.receive(bytes, comm.size()), Error);
    EXPECT_THROW(comm.broadcast(bytes, -1), Error);
    EXPECT_THROW(comm.exchange(bytes, std::span(bytes).first(2), -1), Error);
  });
}

}  // namespace
}  // namespace yates::dist
