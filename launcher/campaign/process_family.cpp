// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/process_family.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.hpp"

namespace yates::campaign {
namespace {

/// The parent of a process, from /proc; -1 if it is gone.
pid_t parent_of(pid_t process) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/stat", process);
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) {
    return -1;
  }
  char line[512] = {};
  const char* read = std::fgets(line, sizeof line, file);
  std::fclose(file);
  // The name in parentheses may hold anything, so the fields are counted from its last ')'.
  const char* fields = read == nullptr ? nullptr : std::strrchr(line, ')');
  int parent = -1;
  if (fields == nullptr || std::sscanf(fields, ") %*c %d", &parent) != 1) {
    return -1;
  }
  return parent;
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) {
    return children;
  }
  while (const dirent* entry = ::readdir(directory)) {
    if (const auto process = parse_integer(entry->d_name)) {
      children.emplace(parent_of(static_cast<pid_t>(*process)), static_cast<pid_t>(*process));
    }
  }
  ::closedir(directory);
  return children;
}

std::vector<pid_t> descendants() {
  const std::multimap<pid_t, pid_t> children = children_by_parent();
  std::vector<pid_t> found = {::getpid()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) {
      found.push_back(child->second);
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace

void become_reaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void kill_descendants() {
  for (;;) {
    const std::vector<pid_t> family = descendants();
    for (const pid_t process : family) {
      ::kill(process, SIGKILL);
    }
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (family.empty()) {
      return;
    }
    ::usleep(2000);
  }
}

}  // namespace yates::campaign
