// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/loader.hpp"

#include <atomic>
#include <chrono>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace yates::io {
namespace {

Sample numbered(std::int64_t step, std::int64_t slot, const Sample& /*spare*/ = {}) {
  RandomStream random(1, "delay", static_cast<std::uint64_t>(step));
  std::this_thread::sleep_for(std::chrono::microseconds(random.below(300)));
  Sample sample;
  sample.step = step;
  sample.slot = slot;
  sample.x = {static_cast<float>(100 * step + slot)};
  return sample;
}

TEST(Loader, DeliversInOrderWhateverTheNumberOfWorkers) {
  for (const std::int64_t workers : {1, 2, 5}) {
    for (const std::int64_t queue : {0, 1, 7}) {
      Loader loader({.first_step = 3, .end_step = 23, .slots = {1, 4}}, numbered, workers, queue);
      ASSERT_EQ(loader.size(), 40);
      for (std::int64_t step = 3; step < 23; ++step) {
        for (const std::int64_t slot : {1, 4}) {
          const Sample sample = loader.next();
          EXPECT_EQ(sample.step, step);
          EXPECT_EQ(sample.slot, slot);
          EXPECT_EQ(sample.x.at(0), static_cast<float>(100 * step + slot));
        }
      }
    }
  }
}

TEST(Loader, NeverRunsFurtherAheadThanItsQueue) {
  std::atomic<std::int64_t> made{0};
  std::atomic<std::int64_t> delivered{0};
  std::atomic<std::int64_t> furthest{0};
  const MakeSample make = [&](std::int64_t step, std::int64_t slot, const Sample&) {
    const std::int64_t ahead = ++made - delivered;
    std::int64_t seen = furthest;
    while (ahead > seen && !furthest.compare_exchange_weak(seen, ahead)) {
    }
    return numbered(step, slot);
  };
  Loader loader({.first_step = 0, .end_step = 60, .slots = {0}}, make, 4, 3);
  for (std::int64_t i = 0; i < 60; ++i) {
    loader.next();
    ++delivered;
  }
  // The caller counts a delivery after `next` has made room, so one more may have begun.
  EXPECT_LE(furthest, 4);
  EXPECT_EQ(made, 60);
}

TEST(Loader, HandsTheFailureOfASampleToTheCallerAfterThoseBeforeIt) {
  const MakeSample make = [](std::int64_t step, std::int64_t slot, const Sample&) {
    if (step == 5) {
      throw Error(ExitCode::BadData, Problem{"case BraTS-GLI-00007-000 is cut", "", "", ""});
    }
    return numbered(step, slot);
  };
  Loader loader({.first_step = 0, .end_step = 100, .slots = {0}}, make, 3, 4);
  for (std::int64_t step = 0; step < 5; ++step) {
    EXPECT_EQ(loader.next().step, step);
  }
  try {
    loader.next();
    FAIL() << "the failure was lost";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("BraTS-GLI-00007-000"), std::string::npos);
  }
}

TEST(Loader, StopsInTheMiddleWithoutDeliveringTheRest) {
  std::atomic<int> made{0};
  {
    Loader loader(
        {.first_step = 0, .end_step = 1000000, .slots = {0}},
        [&](std::int64_t step, std::int64_t slot, const Sample&) {
          ++made;
          return numbered(step, slot);
        },
        3,
        5);
    loader.next();
  }
  EXPECT_LE(made, 10);
}

TEST(Loader, CountsTheSecondsItsCallerWaited) {
  Loader loader(
      {.first_step = 0, .end_step = 2, .slots = {0}},
      [](std::int64_t step, std::int64_t slot, const Sample&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return numbered(step, slot);
      },
      1,
      1);
  loader.next();
  EXPECT_GT(loader.wait_seconds(), 0.02);
  EXPECT_EQ(loader.underruns(), 1);
}

TEST(Loader, UsesTheMemoryOfSamplesThatAreHandedBack) {
  std::atomic<int> fresh{0};
  const MakeSample make = [&](std::int64_t step, std::int64_t slot, Sample spare) {
    fresh += spare.x.empty() ? 1 : 0;
    spare.x.assign(1000, static_cast<float>(step));
    spare.step = step;
    spare.slot = slot;
    return spare;
  };
  Loader loader({.first_step = 0, .end_step = 50, .slots = {0}}, make, 2, 3);
  Sample sample;
  for (std::int64_t step = 0; step < 50; ++step) {
    sample = loader.next(std::move(sample));
    EXPECT_EQ(sample.step, step);
    EXPECT_EQ(sample.x.back(), static_cast<float>(step));
  }
  EXPECT_LE(fresh, 4);  // The queue and the one of the caller.
}

TEST(Loader, IsFineWithAnEmptyOrder) {
  const Loader loader({.first_step = 7, .end_step = 7, .slots = {0, 1}}, numbered, 2, 2);
  EXPECT_EQ(loader.size(), 0);
}

}  // namespace
}  // namespace yates::io
