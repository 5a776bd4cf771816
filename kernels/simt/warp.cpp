// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/warp.hpp"

#include <array>

#include <fmt/format.h>

namespace yates::kernels::simt {

Thread* running = nullptr;

const char* name_of(Meeting meeting) {
  constexpr std::array<const char*, 6> kNames = {"__syncwarp",
                                                 "__shfl_sync",
                                                 "__shfl_up_sync",
                                                 "__shfl_down_sync",
                                                 "__shfl_xor_sync",
                                                 "__ballot_sync"};
  return kNames.at(static_cast<std::size_t>(meeting));
}

std::string describe(const Source& source) {
  return fmt::format("{}:{}", source.file, source.line);
}

namespace {

/// The lane whose value `thread` receives; `thread.lane` itself where CUDA gives back one's own.
unsigned source_lane(const Thread& thread) {
  const int lane = static_cast<int>(thread.lane);
  const int first = lane & ~(thread.width - 1);
  const int last = first + thread.width - 1;
  int source = lane;
  switch (thread.meeting) {
    case Meeting::Shuffle: source = first + (thread.argument & (thread.width - 1)); break;
    case Meeting::ShuffleUp: source = lane - thread.argument; break;
    case Meeting::ShuffleDown: source = lane + thread.argument; break;
    case Meeting::ShuffleXor: source = lane ^ thread.argument; break;
    case Meeting::Sync:
    case Meeting::Ballot: break;
  }
  const bool inside = thread.meeting == Meeting::ShuffleUp ? source >= first : source <= last;
  return static_cast<unsigned>(inside ? source : lane);
}

}  // namespace

Warp::Warp(Thread* threads, unsigned count) : threads_(threads), count_(count) {
  ready_ = count == kWarp ? 0xFFFFFFFFU : (1U << count) - 1;
}

void Warp::make_ready(unsigned lane) {
  threads_[lane].state = State::Ready;
  ready_ |= 1U << lane;
}

State Warp::step(unsigned lane) {
  Thread& thread = threads_[lane];
  running = &thread;
  thread.resume();
  running = nullptr;
  if (thread.failure) {
    std::rethrow_exception(thread.failure);
  }
  ready_ &= ~(1U << lane);
  if (thread.state == State::Meets && complete(thread)) {
    hand_out(thread.mask);
  }
  return thread.state;
}

std::string Warp::complaint() const {
  for (unsigned lane = 0; lane < count_; ++lane) {
    const Thread& thread = threads_[lane];
    for (unsigned other = 0; thread.state == State::Meets && other < kWarp; ++other) {
      if ((thread.mask >> other & 1) != 0 && !joins(thread, other)) {
        return fmt::format("lane {} is missing from {} with mask {:#010x} at {}: {}",
                           other,
                           name_of(thread.meeting),
                           thread.mask,
                           describe(thread.source),
                           whereabouts(other));
      }
    }
  }
  return {};
}

bool Warp::joins(const Thread& thread, unsigned lane) const {
  return lane < count_ && threads_[lane].state == State::Meets &&
         threads_[lane].meeting == thread.meeting && threads_[lane].mask == thread.mask;
}

bool Warp::complete(const Thread& thread) const {
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    if ((thread.mask >> lane & 1) != 0 && !joins(thread, lane)) {
      return false;
    }
  }
  return true;
}

std::string Warp::whereabouts(unsigned lane) const {
  if (lane >= count_) {
    return "there is no such thread";
  }
  const Thread& thread = threads_[lane];
  switch (thread.state) {
    case State::Ended: return "it has ended";
    case State::AtBarrier: return "it waits in __syncthreads at " + describe(thread.source);
    default:
      return fmt::format("it waits in {} with mask {:#010x} at {}",
                         name_of(thread.meeting),
                         thread.mask,
                         describe(thread.source));
  }
}

void Warp::hand_out(unsigned mask) {
  unsigned votes = 0;
  for (unsigned lane = 0; lane < count_; ++lane) {
    votes |= (mask >> lane & 1) != 0 && threads_[lane].value != 0 ? 1U << lane : 0U;
  }
  for (unsigned lane = 0; lane < count_; ++lane) {
    if ((mask >> lane & 1) == 0) {
      continue;
    }
    Thread& thread = threads_[lane];
    const unsigned from = source_lane(thread);
    if ((mask >> from & 1) == 0) {
      throw Fault(fmt::format("lane {} reads lane {} in {} at {}, which mask {:#010x} leaves out",
                              lane,
                              from,
                              name_of(thread.meeting),
                              describe(thread.source),
                              mask));
    }
    thread.result = thread.meeting == Meeting::Ballot ? votes : threads_[from].value;
    make_ready(lane);
  }
}

}  // namespace yates::kernels::simt
