// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/pace.hpp"

#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "dist/local_communicator.hpp"

namespace yates::train {
namespace {

TEST(SlowRanks, AreThoseAboveTheMedianOfTheOthers) {
  EXPECT_TRUE(slow_ranks({{1, 0}}).empty());
  EXPECT_TRUE(slow_ranks({{1, 0}, {1.1, 0}, {1, 0}, {1.14, 0}}).empty());
  const auto texts = slow_ranks({{1, 0}, {1, 0}, {1.3, 0.25}, {1, 0}});
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find("rank 2 needs 1.3 s"), std::string::npos) << texts[0];
  EXPECT_NE(texts[0].find("0.25 s of them waiting for data"), std::string::npos) << texts[0];
  EXPECT_EQ(slow_ranks({{2, 0}, {1, 0}}).size(), 1U);
}

TEST(PaceLog, ComparesTheRanksEveryHundredStepsAndTellsTheRoot) {
  std::mutex mutex;
  std::map<int, std::vector<std::int64_t>> told;
  dist::run_local_ranks(3, [&](dist::Communicator& communicator) {
    PaceLog pace;
    StepResult result;
    // All steps end together; rank 1 did not wait for the others.
    result.step_s = 2;
    result.comm_wait_s = communicator.rank() == 1 ? 0 : 1;
    for (std::int64_t step = 1; step <= 250; ++step) {
      for (const std::string& text : pace.note(result, communicator)) {
        const std::lock_guard lock(mutex);
        EXPECT_NE(text.find("rank 1 "), std::string::npos) << text;
        told[communicator.rank()].push_back(step);
      }
    }
  });
  EXPECT_EQ(told, (std::map<int, std::vector<std::int64_t>>{{0, {100, 200}}}));
}

}  // namespace
}  // namespace yates::train
