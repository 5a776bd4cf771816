// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/parallel_torch.hpp"

#include <array>
#include <stdexcept>
#include <thread>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

class RunOnTorchThreads : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(2); }
  void TearDown() override { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

TEST_F(RunOnTorchThreads, UsesTheThreadsThatLibTorchWasGiven) {
  std::array<std::thread::id, 2> threads;
  run_on_torch_threads(2, [&](std::int64_t task) {
    threads[static_cast<std::size_t>(task)] = std::this_thread::get_id();
  });
  EXPECT_NE(threads[0], threads[1]);
}

TEST_F(RunOnTorchThreads, RunsEveryTaskOnce) {
  std::array<int, 7> runs{};
  run_on_torch_threads(7, [&](std::int64_t task) { ++runs[static_cast<std::size_t>(task)]; });
  EXPECT_EQ(runs, (std::array<int, 7>{1, 1, 1, 1, 1, 1, 1}));
  run_on_torch_threads(0, [](std::int64_t) { FAIL() << "no task was given"; });
}

TEST_F(RunOnTorchThreads, CutsARangeIntoOnePieceForEachThread) {
  std::array<std::thread::id, 6> threads;
  run_ranges_on_torch_threads(6, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      threads[static_cast<std::size_t>(i)] = std::this_thread::get_id();
    }
  });
  EXPECT_EQ(threads[0], threads[2]);
  EXPECT_NE(threads[2], threads[3]);
  EXPECT_EQ(threads[3], threads[5]);
  run_ranges_on_torch_threads(0, [](std::int64_t, std::int64_t) { FAIL() << "nothing to do"; });
}

TEST_F(RunOnTorchThreads, PassesAnExceptionOfATaskOn) {
  EXPECT_THROW(run_on_torch_threads(2,
                                    [](std::int64_t task) {
                                      if (task == 1) {
                                        throw std::runtime_error("task");
                                      }
                                    }),
               std::runtime_error);
}

}  // namespace
}  // namespace yates::kernels
