// SPDX-License-Identifier: Apache-2.0
#include "tests/support/command.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <poll.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace yates::testing {
namespace {

void become(const std::vector<std::string>& arguments,
            const std::string& directory,
            const std::vector<std::string>& environment) {
  if (!directory.empty() && ::chdir(directory.c_str()) != 0) {
    std::_Exit(126);
  }
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> words;
  for (const std::string& argument : arguments) {
    words.push_back(const_cast<char*>(argument.c_str()));
  }
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  std::_Exit(127);
}

/// Reads both pipes until both are closed.
void drain(int output, int error, CommandResult& result) {
  std::array<pollfd, 2> descriptors = {pollfd{output, POLLIN, 0}, pollfd{error, POLLIN, 0}};
  std::array<std::string*, 2> texts = {&result.output, &result.error};
  int open = 2;
  while (open > 0 && ::poll(descriptors.data(), descriptors.size(), -1) >= 0) {
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      if (descriptors[i].fd < 0 || descriptors[i].revents == 0) {
        continue;
      }
      std::array<char, 4096> block{};
      const ssize_t count = ::read(descriptors[i].fd, block.data(), block.size());
      if (count > 0) {
        texts[i]->append(block.data(), static_cast<std::size_t>(count));
      } else {
        descriptors[i].fd = -1;
        --open;
      }
    }
  }
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::string& directory,
                          const std::vector<std::string>& environment) {
  std::array<int, 2> output{};
  std::array<int, 2> error{};
  CommandResult result;
  if (::pipe2(output.data(), O_CLOEXEC) != 0 || ::pipe2(error.data(), O_CLOEXEC) != 0) {
    return result;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(error[1], STDERR_FILENO);
    become(arguments, directory, environment);
  }
  ::close(output[1]);
  ::close(error[1]);
  drain(output[0], error[0], result);
  ::close(output[0]);
  ::close(error[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

CommandResult run_yates(std::vector<std::string> arguments, const std::string& directory) {
  arguments.insert(arguments.begin(), YATES_BINARY);
  return run_command(arguments, directory);
}

}  // namespace yates::testing
