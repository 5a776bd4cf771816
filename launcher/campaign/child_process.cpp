// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "launcher/campaign/process_family.hpp"

extern char** environ;

namespace yates::campaign {
namespace {

constexpr char kStop = 'T';
constexpr char kKill = 'K';
constexpr double kOrphanGraceSeconds = 5;  ///< From SIGTERM to SIGKILL after the launcher's death.

/// Our ends of the pipes of all children. A guard closes them: held open, they would keep another
/// guard from seeing that we are gone.
std::set<int>& launcher_ends() {
  static std::set<int> ends;
  return ends;
}

/// Everything that exec needs, made before fork.
struct Prepared {
  explicit Prepared(const Command& command)
      : directory(command.directory), log(command.log), stop_signal(command.stop_signal) {
    words = command.words;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      const std::string name(text.substr(0, text.find('=')));
      if (command.environment.count(name) == 0) {
        variables.emplace_back(text);
      }
    }
    for (const auto& [name, value] : command.environment) {
      variables.push_back(name + "=" + value);
    }
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    for (std::string& variable : variables) {
      envp.push_back(variable.data());
    }
    envp.push_back(nullptr);
  }

  std::vector<std::string> words;
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  std::string log;
  int stop_signal;
};

void open_as(const char* path, int flags, int descriptor) {
  const int opened = ::open(path, flags, 0644);
  if (opened >= 0 && opened != descriptor) {
    ::dup2(opened, descriptor);
    ::close(opened);
  }
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    ::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_program(const Prepared& prepared, pid_t guard) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) {
    ::_exit(127);
  }
  reset_signals();
  open_as("/dev/null", O_RDONLY, STDIN_FILENO);
  if (!prepared.log.empty()) {
    open_as(prepared.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, STDOUT_FILENO);
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
  }
  if (prepared.directory.empty() || ::chdir(prepared.directory.c_str()) == 0) {
    ::execvpe(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  }
  const std::string text =
      fmt::format("yates: cannot start '{}': {}\n", prepared.words[0], std::strerror(errno));
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(127);
}

/// Reaps what has ended. The program's wait status, once it is among them.
std::optional<int> reap(pid_t program) {
  std::optional<int> result;
  int status = 0;
  for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended == program) {
      result = status;
    }
  }
  return result;
}

int signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// What the launcher wants, or nothing if `orders` is not readable.
enum class Order { None, Stop, Kill, LauncherGone };

Order next_order(int orders, short events) {
  char order = 0;
  if ((events & (POLLIN | POLLHUP)) == 0) {
    return Order::None;
  }
  const ssize_t count = ::read(orders, &order, 1);
  if (count == 0) {
    return Order::LauncherGone;
  }
  return count == 1 ? (order == kKill ? Order::Kill : Order::Stop) : Order::None;
}

/// Waits for the program's end while it carries out orders. Returns its wait status.
int watch(pid_t program, int orders, int signals, int stop_signal) {
  std::optional<double> deadline;  // Set once the launcher is gone; then orders is at its end.
  for (;;) {
    pollfd waits[2] = {{signals, POLLIN, 0}, {orders, POLLIN, 0}};
    const double left = deadline ? std::max(*deadline - steady_seconds(), 0.0) : -1;
    ::poll(waits, deadline ? 1 : 2, deadline ? static_cast<int>(left * 1000) : -1);
    signalfd_siginfo information;
    while (::read(signals, &information, sizeof information) > 0) {
    }
    if (const std::optional<int> status = reap(program)) {
      return *status;
    }
    const Order order = deadline ? Order::None : next_order(orders, waits[1].revents);
    if (order == Order::Kill || (deadline && steady_seconds() >= *deadline)) {
      kill_descendants();
      return SIGKILL;
    }
    if (order == Order::Stop) {
      ::kill(stop_signal == SIGTERM ? -program : program, stop_signal);
    }
    if (order == Order::LauncherGone) {
      ::kill(-program, SIGTERM);
      deadline = steady_seconds() + kOrphanGraceSeconds;
    }
  }
}

[[noreturn]] void run_guard(const Prepared& prepared, int orders, int report) {
  for (const int end : launcher_ends()) {
    ::close(end);
  }
  ::setpgid(0, 0);
  become_reaper();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) {
    ::signal(number, SIG_IGN);
  }
  const int signals = signal_descriptor();
  const pid_t guard = ::getpid();
  const pid_t program = ::fork();
  if (program == 0) {
    become_program(prepared, guard);
  }
  int status = 127 << 8;
  if (program > 0) {
    ::setpgid(program, program);
    status = watch(program, orders, signals, prepared.stop_signal);
    kill_descendants();
  }
  [[maybe_unused]] const auto written = ::write(report, &status, sizeof status);
  ::_exit(0);
}

Ending ending_of(int status) {
  if (WIFSIGNALED(status)) {
    return {.exit_code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  }
  return {.exit_code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

std::string Ending::text() const {
  return signal == 0 ? fmt::format("exit code {}", exit_code)
                     : fmt::format("signal {} ({})", signal, ::strsignal(signal));
}

ChildProcess::ChildProcess(const Command& command) {
  YATES_ASSERT(!command.words.empty(), "a command without a program");
  const Prepared prepared(command);
  int orders[2];
  int report[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, orders) != 0) {
    throw_system_error("cannot make a pipe", command.words[0], errno);
  }
  if (::pipe2(report, O_CLOEXEC) != 0) {
    ::close(orders[0]);
    ::close(orders[1]);
    throw_system_error("cannot make a pipe", command.words[0], errno);
  }
  control_ = orders[1];
  report_ = report[0];
  launcher_ends().insert({control_, report_});
  guard_ = ::fork();
  if (guard_ == 0) {
    run_guard(prepared, orders[0], report[1]);
  }
  const int error_number = errno;
  ::close(orders[0]);
  ::close(report[1]);
  if (guard_ < 0) {
    launcher_ends().erase(control_);
    launcher_ends().erase(report_);
    ::close(control_);
    ::close(report_);
    throw_system_error("cannot start a process", command.words[0], error_number);
  }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : guard_(std::exchange(other.guard_, -1)),
      control_(std::exchange(other.control_, -1)),
      report_(std::exchange(other.report_, -1)),
      ending_(other.ending_) {}

ChildProcess::~ChildProcess() {
  if (guard_ < 0) {
    return;
  }
  if (!ending_) {
    kill();
  }
  launcher_ends().erase(control_);
  launcher_ends().erase(report_);
  ::close(control_);
  ::waitpid(guard_, nullptr, 0);
  ::close(report_);
}

std::optional<Ending> ChildProcess::ending() {
  pollfd wait = {report_, POLLIN, 0};
  if (ending_ || ::poll(&wait, 1, 0) <= 0) {
    return ending_;
  }
  int status = SIGKILL;
  // A guard that was killed reports nothing; its program was killed with it.
  if (::read(report_, &status, sizeof status) != sizeof status) {
    status = SIGKILL;
  }
  ending_ = ending_of(status);
  return ending_;
}

void ChildProcess::send(char order) {
  [[maybe_unused]] const auto sent = ::send(control_, &order, 1, MSG_NOSIGNAL);
}

void ChildProcess::ask_to_stop() {
  send(kStop);
}

void ChildProcess::kill() {
  send(kKill);
}

}  // namespace yates::campaign
