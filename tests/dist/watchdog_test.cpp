// SPDX-License-Identifier: Apache-2.0
#include "dist/watchdog.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "dist/local_communicator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::dist {
namespace {

void wait_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

TEST(Watchdog, NamesTheLateRankAndTheOperation) {
  const testing::TemporaryDirectory folder;
  std::mutex mutex;
  std::string report;
  std::atomic<bool> reported = false;
  run_local_ranks(2, [&](Communicator& comm) {
    WatchdogOptions options;
    options.timeout_s = comm.rank() == 0 ? 0.3 : 600;
    options.interval_s = 0.02;
    options.directory = folder.path();
    options.on_hang = [&](const std::string& text) {
      const std::lock_guard lock(mutex);
      report = text;
      reported = true;
    };
    Watchdog watchdog(comm, options);
    comm.barrier();
    watchdog.progress("backward", 7);
    if (comm.rank() == 1) {
      while (!reported) {
        wait_ms(10);
      }
    }
    std::int64_t flag = 0;
    comm.all_reduce_max(std::span(&flag, 1));
  });
  EXPECT_NE(report.find("rank 0 is in all_reduce_max (8 bytes, operation 2) at step 7, backward"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("rank 1 is late: computing after barrier (operation 1) at step 7"),
            std::string::npos)
      << report;
  const Json incident = read_json(folder / "incident-rank0000.json");
  EXPECT_EQ(incident["operation"], "all_reduce_max");
}

TEST(Watchdog, LeavesARunThatMakesProgressAlone) {
  const testing::TemporaryDirectory folder;
  std::atomic<int> hangs = 0;
  std::atomic<int> looks = 0;
  const auto comm = make_null_communicator();
  WatchdogOptions options;
  options.timeout_s = 0.2;
  options.interval_s = 0.01;
  options.directory = folder.path();
  options.on_hang = [&](const std::string&) { ++hangs; };
  options.on_look = [&] { ++looks; };
  {
    Watchdog watchdog(*comm, options);
    for (int step = 0; step < 20; ++step) {
      watchdog.progress("forward", step);
      wait_ms(20);
    }
    EXPECT_EQ(hangs, 0);
    EXPECT_GT(looks, 5);
    wait_ms(400);
  }
  EXPECT_EQ(hangs, 1);
}

TEST(Watchdog, EndsAtOnce) {
  const testing::TemporaryDirectory folder;
  const auto comm = make_null_communicator();
  WatchdogOptions options;
  options.directory = folder.path();
  options.interval_s = 3600;
  const auto start = std::chrono::steady_clock::now();
  { const Watchdog watchdog(*comm, options); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace yates::dist
