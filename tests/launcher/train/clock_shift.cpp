// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD): the wall clock of odd ranks is two hours behind that of
// even ones, and every reading jumps by another hour. Steady clocks are left alone.
#include <atomic>
#include <cstdlib>
#include <ctime>

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

std::time_t shift() {
  static std::atomic<int> readings = 0;
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  const bool odd = rank != nullptr && std::atoi(rank) % 2 == 1;
  return (odd ? -7200 : 7200) + (readings++ % 2 == 0 ? 3600 : -3600);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) {
    now->tv_sec += shift();
  }
  return static_cast<int>(result);
}

int gettimeofday(struct timeval* now, void*) noexcept {
  struct timespec precise {};
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return result;
}

std::time_t time(std::time_t* now) noexcept {
  struct timespec precise {};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != nullptr) {
    *now = precise.tv_sec;
  }
  return precise.tv_sec;
}

}  // extern "C"
