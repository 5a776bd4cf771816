// SPDX-License-Identifier: Apache-2.0
// The staged and the NCCL communicator on the double of CUDA and NCCL: the common suite, and what
// they do when calls take time, fail, fail later, or never end.
#include "dist/device/device_communicator.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dist/local_communicator.hpp"
#include "tests/dist/communicator_suite.hpp"
#include "tests/dist/device/host_device_calls.hpp"

namespace yates::dist {
namespace {

using Make = std::unique_ptr<Communicator> (*)(Communicator&,
                                               DeviceCalls&,
                                               const DeviceCommunicatorOptions&);

Backend on_double(const std::string& name, Make make, int size) {
  return {name + std::to_string(size), [make, size](const auto& work) {
            run_local_ranks(size, [&](Communicator& host) {
              HostDeviceCalls calls(host);
              // A slot of 1000 bytes: sums go in pieces.
              work(*make(host, calls, {.timeout_s = 60, .slot_bytes = 1000}));
            });
          }};
}

std::vector<Backend> backends() {
  std::vector<Backend> all;
  for (const int size : {1, 2, 3}) {
    all.push_back(on_double("Staged", make_staged_communicator, size));
    all.push_back(on_double("Nccl", make_nccl_communicator, size));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Double, CommunicatorSuite, ::testing::ValuesIn(backends()), backend_name);
INSTANTIATE_TEST_SUITE_P(Double, TreeReductionSuite, ::testing::ValuesIn(backends()), backend_name);

/// One rank, a double, and what it is told to do.
class DeviceCommunicatorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Communicator> staged() {
    return make_staged_communicator(*host_, calls_, {.timeout_s = 60, .slot_bytes = 8});
  }
  std::unique_ptr<Communicator> nccl(double timeout_s = 60) {
    return make_nccl_communicator(*host_, calls_, {.timeout_s = timeout_s});
  }
  /// For what never ends.
  std::unique_ptr<Communicator> nccl_that_gives_up_soon() { return nccl(0.2); }
  [[nodiscard]] bool called(const std::string& call) const {
    return std::find(calls_.log.begin(), calls_.log.end(), call) != calls_.log.end();
  }
  /// The text of the error that `work` throws.
  static std::string error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  std::unique_ptr<Communicator> host_ = make_null_communicator();
  HostDeviceCalls calls_{*host_};
  std::vector<float> values_ = {1, 2, 3, 4, 5};
};

TEST_F(DeviceCommunicatorTest, NcclIsPolledWhileInProgress) {
  calls_.polls = 50;
  const auto communicator = nccl();
  communicator->all_reduce_sum(values_);
  EXPECT_FALSE(called("misuse: group still in progress"));
  EXPECT_EQ(calls_.id_bytes, 128U);
  EXPECT_EQ(values_, (std::vector<float>{1, 2, 3, 4, 5}));
}

TEST_F(DeviceCommunicatorTest, NcclIsTakenDownInOrder) {
  nccl().reset();
  const std::vector<std::string> expected = {
      "finalize_group", "destroy_group", "destroy_event", "destroy_stream"};
  ASSERT_GE(calls_.log.size(), 4U);
  EXPECT_EQ(std::vector<std::string>(calls_.log.end() - 4, calls_.log.end()), expected);
  EXPECT_EQ(calls_.pinned, 0);
}

TEST_F(DeviceCommunicatorTest, NcclWarmsUpBeforeTheFirstStep) {
  const auto communicator = nccl();
  EXPECT_TRUE(called("all_reduce_sum"));
}

TEST_F(DeviceCommunicatorTest, ASumThatNeverEndsIsAborted) {
  auto communicator = nccl_that_gives_up_soon();
  calls_.hanging_after = "all_reduce_sum";
  const std::string text = error_of([&] { communicator->all_reduce_sum(values_); });
  EXPECT_NE(text.find("rank 0: ncclAllReduce did not end within 0.2 s"), std::string::npos) << text;
  EXPECT_TRUE(called("abort_group"));
  error_of([&] { communicator->all_reduce_sum(values_); });
  communicator.reset();
  EXPECT_FALSE(called("finalize_group"));
}

TEST_F(DeviceCommunicatorTest, AnAsynchronousErrorIsFoundWhileWaiting) {
  auto communicator = nccl();
  calls_.async_error_after = "record";
  const std::string text = error_of([&] { communicator->all_reduce_sum(values_); });
  EXPECT_NE(text.find("ncclAllReduce failed: injected"), std::string::npos) << text;
  EXPECT_TRUE(called("abort_group"));
}

TEST_F(DeviceCommunicatorTest, AStartThatFailsOrHangsIsAnError) {
  calls_.hanging_after = "start_group";
  EXPECT_NE(error_of([&] { nccl_that_gives_up_soon(); }).find("ncclCommInitRankConfig did not end"),
            std::string::npos);
  EXPECT_EQ(calls_.pinned, 0);
}

TEST_F(DeviceCommunicatorTest, AFinalizeThatHangsIsAborted) {
  auto communicator = nccl_that_gives_up_soon();
  calls_.hanging_after = "finalize_group";
  communicator.reset();
  EXPECT_TRUE(called("abort_group"));
  EXPECT_FALSE(called("destroy_group"));
}

TEST_F(DeviceCommunicatorTest, AnExceptionOnItsWayAbortsTheGroup) {
  try {
    const auto communicator = nccl();
    throw std::runtime_error("elsewhere");
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(called("abort_group"));
    EXPECT_FALSE(called("finalize_group"));
  }
}

TEST_F(DeviceCommunicatorTest, EveryFailingCallIsNamed) {
  for (const std::string call : {"create_stream", "create_event", "allocate_pinned"}) {
    calls_.failing = call;
    error_of([&] { staged(); });
    EXPECT_EQ(calls_.pinned, 0) << call;
  }
  for (const std::string call :
       {"wait_for_compute", "copy_to_host", "record", "query", "copy_to_device"}) {
    calls_.failing = "";
    const auto communicator = staged();
    calls_.failing = call;
    EXPECT_NE(error_of([&] { communicator->all_reduce_sum(values_); }).find("failed: injected"),
              std::string::npos)
        << call;
  }
}

TEST_F(DeviceCommunicatorTest, StagedSumsInPiecesOfItsSlot) {
  const auto communicator = staged();
  calls_.log.clear();
  communicator->all_reduce_sum(values_);
  EXPECT_EQ(std::count(calls_.log.begin(), calls_.log.end(), "copy_to_host"), 3);
  EXPECT_EQ(std::count(calls_.log.begin(), calls_.log.end(), "copy_to_device"), 3);
}

}  // namespace
}  // namespace yates::dist
