// SPDX-License-Identifier: Apache-2.0
// The threads of an emulated block as fibers, and the warps in which they meet.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include <boost/context/fiber.hpp>

#include "kernels/simt/emulator.hpp"
#include "kernels/simt/stack_switch.hpp"

namespace yates::kernels::simt {

using boost::context::fiber;
using boost::context::stack_context;

enum class State : std::uint8_t { Ready, Meets, AtBarrier, Ended };

/// Thrown inside a kernel whose block has failed elsewhere.
struct Abandoned {};

struct Thread {
  Place place;
  unsigned lane = 0;
  State state = State::Ready;
  Meeting meeting = Meeting::Sync;
  unsigned mask = 0;
  int argument = 0;
  int width = 32;
  std::uint64_t value = 0;   ///< What the lane brings to the meeting,
  std::uint64_t result = 0;  ///< and what it takes away.
  Source source{};
  std::exception_ptr failure;
  bool abandoned = false;  ///< The block has failed: leave the kernel at the next chance.
  fiber self, scheduler;
  stack_context stack;
  StackSwitch to_self, to_scheduler;

  /// Runs the thread until it suspends itself or ends. Called by the scheduler.
  void resume() {
    to_self.begin(static_cast<char*>(stack.sp) - stack.size, stack.size);
    self = std::move(self).resume();
    to_self.end();
  }
  void suspend(State why, Source where) {
    state = why;
    source = where;
    to_scheduler.begin_return();
    scheduler = std::move(scheduler).resume();
    to_scheduler.arrive();
    if (abandoned) {
      throw Abandoned{};
    }
  }
};

/// The thread whose kernel runs now, or null.
extern Thread* running;

const char* name_of(Meeting meeting);
std::string describe(const Source& source);

/// Up to 32 threads and who of them can go on.
class Warp {
 public:
  Warp(Thread* threads, unsigned count);

  [[nodiscard]] std::uint32_t ready() const { return ready_; }
  void make_ready(unsigned lane);
  /// Runs one lane up to its next meeting, barrier or end; returns how it stopped.
  State step(unsigned lane);
  /// Why the lanes that wait for each other cannot go on; empty if none do.
  [[nodiscard]] std::string complaint() const;

 private:
  [[nodiscard]] bool joins(const Thread& thread, unsigned lane) const;
  [[nodiscard]] bool complete(const Thread& thread) const;
  [[nodiscard]] std::string whereabouts(unsigned lane) const;
  void hand_out(unsigned mask);

  Thread* threads_;
  unsigned count_;
  std::uint32_t ready_ = 0;
};

}  // namespace yates::kernels::simt
