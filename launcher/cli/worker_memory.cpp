// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/worker_memory.hpp"

#include <cstdlib>
#include <malloc.h>
#include <string_view>

namespace yates::cli {
namespace {

constexpr const char* kTunables = "GLIBC_TUNABLES";
constexpr const char* kHugePages = "glibc.malloc.hugetlb=1";

}  // namespace

void ask_for_huge_pages() {
  constexpr int kKeepUsers = 0;
  ::setenv(kTunables, kHugePages, kKeepUsers);
}

void keep_freed_memory() {
  const char* tunables = std::getenv(kTunables);
  if (tunables != nullptr && std::string_view(tunables) == kHugePages) {
    ::unsetenv(kTunables);
  }
#ifdef __GLIBC__
  constexpr int kLargestMapThreshold = 32 << 20;  // More is refused.
  constexpr int kKept = 1 << 30;
  ::mallopt(M_MMAP_THRESHOLD, kLargestMapThreshold);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

}  // namespace yates::cli
