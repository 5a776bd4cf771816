// SPDX-License-Identifier: Apache-2.0
// The main of tests that run under mpirun. Every rank runs every test; a test has passed when it
// passed on all ranks. A rank that leaves its partners in a collective is ended by a time limit.
#include <csignal>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dist/mpi_session.hpp"
#include "tests/support/mpi_world.hpp"

namespace yates::testing {
namespace {

constexpr unsigned kLimitS = 60;
dist::Communicator* g_world = nullptr;

void end_hanging_test(int) {
  constexpr char kText[] = "this test did not end on all ranks in time\n";
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
  ::_exit(70);
}

/// Agrees on every test's verdict, and prints it once.
class RankListener final : public ::testing::EmptyTestEventListener {
 public:
  RankListener(dist::Communicator& world, ::testing::TestEventListener* printer)
      : world_(world), printer_(printer) {}
  ~RankListener() override { delete printer_; }
  RankListener(const RankListener&) = delete;
  RankListener& operator=(const RankListener&) = delete;

  void OnTestStart(const ::testing::TestInfo& info) override {
    ::alarm(kLimitS);
    if (world_.rank() == 0) {
      printer_->OnTestStart(info);
    }
  }

  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) {
      fmt::print(stderr, "[rank {}/{}] ", world_.rank(), world_.size());
      printer_->OnTestPartResult(result);
    }
  }

  void OnTestEnd(const ::testing::TestInfo& info) override {
    std::int64_t failed = info.result()->Failed() ? 1 : 0;
    world_.all_reduce_max(std::span(&failed, 1));
    if (failed != 0 && !info.result()->Failed()) {
      ADD_FAILURE() << "failed on another rank";
    }
    if (world_.rank() == 0) {
      printer_->OnTestEnd(info);
    }
    ::alarm(0);
  }

  void OnTestProgramEnd(const ::testing::UnitTest& tests) override {
    if (world_.rank() == 0) {
      printer_->OnTestProgramEnd(tests);
    }
  }

 private:
  dist::Communicator& world_;
  ::testing::TestEventListener* printer_;
};

}  // namespace

dist::Communicator& world() {
  return *g_world;
}

}  // namespace yates::testing

int main(int argc, char** argv) {
  using yates::testing::end_hanging_test;
  using yates::testing::g_world;
  using yates::testing::RankListener;
  ::testing::InitGoogleTest(&argc, argv);
  std::signal(SIGALRM, end_hanging_test);
  yates::dist::MpiSession session;
  const std::unique_ptr<yates::dist::Communicator> world = session.world();
  g_world = world.get();
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  listeners.Append(new RankListener(*world, listeners.Release(listeners.default_result_printer())));
  std::int64_t result = RUN_ALL_TESTS();
  world->all_reduce_max(std::span(&result, 1));
  return static_cast<int>(result);
}
