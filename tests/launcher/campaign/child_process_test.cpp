// SPDX-License-Identifier: Apache-2.0
// Programs are started without a shell, and nothing of their family outlives them or us.
#include "launcher/campaign/child_process.hpp"

#include <csignal>
#include <filesystem>
#include <poll.h>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

Ending wait_for(ChildProcess& process) {
  pollfd wait = {process.ended_descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&wait, 1, 20'000), 1) << "the program did not end";
  const std::optional<Ending> ending = process.ending();
  EXPECT_TRUE(ending.has_value());
  return ending.value_or(Ending{});
}

/// True once no process has this id any more, at most after some seconds.
bool ends(pid_t process) {
  const Stopwatch watch;
  while (watch.seconds() < 15) {
    if (::kill(process, 0) != 0) {
      return true;
    }
    ::usleep(10'000);
  }
  return false;
}

/// Waits until the file holds a process id, and returns it.
pid_t read_pid(const std::filesystem::path& path) {
  const Stopwatch watch;
  while (watch.seconds() < 15) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      const std::string text = read_file(path);
      if (text.ends_with('\n')) {
        return std::stoi(text);
      }
    }
    ::usleep(10'000);
  }
  ADD_FAILURE() << "no " << path;
  return -1;
}

class ChildProcessTest : public ::testing::Test {
 protected:
  Command shell(const std::string& script) {
    return Command{.words = {"sh", "-c", script},
                   .environment = {},
                   .directory = directory_.path(),
                   .log = directory_ / "log.txt"};
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(ChildProcessTest, ReportsExitCodesAndSignals) {
  ChildProcess code(shell("exit 7"));
  EXPECT_EQ(wait_for(code).exit_code, 7);
  ChildProcess signal(shell("kill -9 $$"));
  const Ending ending = wait_for(signal);
  EXPECT_EQ(ending.exit_code, 137);
  EXPECT_EQ(ending.signal, 9);
  EXPECT_EQ(ending.text(), "signal 9 (Killed)");
}

TEST_F(ChildProcessTest, ArgumentsReachTheProgramUntouched) {
  Command command;
  command.words = {"printf", "%s|", "$(touch pwned)", "a b", "", "-n", "x;y"};
  command.directory = directory_.path();
  command.log = directory_ / "log.txt";
  ChildProcess process(command);
  EXPECT_EQ(wait_for(process).exit_code, 0);
  EXPECT_EQ(read_file(directory_ / "log.txt"), "$(touch pwned)|a b||-n|x;y|");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "pwned"));
}

TEST_F(ChildProcessTest, EnvironmentDirectoryAndLogAreAsAsked) {
  Command command = shell("echo $YATES_SEED; pwd; echo error >&2; cat");
  command.environment = {{"YATES_SEED", "12"}};
  ChildProcess process(command);
  EXPECT_EQ(wait_for(process).exit_code, 0);
  EXPECT_EQ(read_file(directory_ / "log.txt"), "12\n" + directory_.path().string() + "\nerror\n");
}

TEST_F(ChildProcessTest, ProgramThatCannotBeStartedSaysWhy) {
  Command command;
  command.words = {"./absent"};
  command.directory = directory_.path();
  command.log = directory_ / "log.txt";
  ChildProcess process(command);
  EXPECT_EQ(wait_for(process).exit_code, 127);
  EXPECT_NE(read_file(directory_ / "log.txt").find("No such file"), std::string::npos);
}

TEST_F(ChildProcessTest, StopIsAskedForAndKillIsFinal) {
  ChildProcess polite(shell("trap 'exit 75' TERM; echo $$ > pid; while :; do sleep 0.05; done"));
  read_pid(directory_ / "pid");
  polite.ask_to_stop();
  EXPECT_EQ(wait_for(polite).exit_code, 75);
  ChildProcess stubborn(shell("trap '' TERM; echo $$ > pid2; while :; do sleep 0.05; done"));
  const pid_t process = read_pid(directory_ / "pid2");
  stubborn.ask_to_stop();
  stubborn.kill();
  EXPECT_EQ(wait_for(stubborn).signal, SIGKILL);
  EXPECT_TRUE(ends(process));
}

TEST_F(ChildProcessTest, FamilyEndsWithTheProgramEvenInAnotherProcessGroup) {
  ChildProcess process(
      shell("setsid sh -c 'echo $$ > pid; exec sleep 600' & while [ ! -s pid ]; do "
            "sleep 0.02; done; exit 3"));
  const pid_t straggler = read_pid(directory_ / "pid");
  EXPECT_EQ(wait_for(process).exit_code, 3);
  EXPECT_TRUE(ends(straggler));
}

TEST_F(ChildProcessTest, FamilyEndsWhenTheLauncherIsKilled) {
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const ChildProcess first(shell("setsid sh -c 'echo $$ > pid; exec sleep 600' & wait"));
    const ChildProcess second(shell("trap '' TERM; echo $$ > pid2; while :; do sleep 1; done"));
    ::sleep(600);
    ::_exit(0);
  }
  const pid_t straggler = read_pid(directory_ / "pid");
  const pid_t stubborn = read_pid(directory_ / "pid2");
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  EXPECT_TRUE(ends(straggler));
  EXPECT_TRUE(ends(stubborn));
}

}  // namespace
}  // namespace yates::campaign
