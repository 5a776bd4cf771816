// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/emulator.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include "kernels/simt/stack_pool.hpp"
#include "kernels/simt/stack_switch.hpp"

namespace yates::kernels::simt {
namespace {

using boost::context::fiber;
using boost::context::stack_context;

constexpr unsigned kMaxThreads = 1024;
/// NaN as float, and as double when repeated; as integers one is large, the other negative.
constexpr std::array<std::uint32_t, 2> kPoisons = {0x7FFADBAD, 0xFFFADBAD};

/// splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31)) % bound;
  }
  /// One of the set bits.
  unsigned bit(std::uint32_t bits) {
    auto skip = below(static_cast<std::uint64_t>(std::popcount(bits)));
    while (skip-- > 0) {
      bits &= bits - 1;
    }
    return static_cast<unsigned>(std::countr_zero(bits));
  }

 private:
  std::uint64_t state_;
};

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

/// What the threads of a block share, poisoned as it is given out: dynamic part, then named slots.
class SharedMemory {
 public:
  void reset(std::size_t dynamic_bytes, std::uint32_t poison) {
    poison_ = poison;
    slots_.clear();
    used_ = 0;
    take(dynamic_bytes, 16);
  }
  void* begin() { return words_.data(); }
  void* slot(const void* key, std::size_t bytes, std::size_t alignment) {
    const auto found = std::find_if(
        slots_.begin(), slots_.end(), [&](const auto& slot) { return slot.first == key; });
    if (found != slots_.end()) {
      return found->second;
    }
    void* memory = take(bytes, alignment);
    slots_.emplace_back(key, memory);
    return memory;
  }

 private:
  void* take(std::size_t bytes, std::size_t alignment) {
    const std::size_t least = std::max<std::size_t>(alignment, sizeof(poison_));
    const std::size_t first = (used_ + least - 1) / least * least;
    if (first + bytes > kSharedBytes) {
      throw Fault(
          fmt::format("{} bytes of shared memory, at most {}", first + bytes, kSharedBytes));
    }
    used_ = first + bytes;
    std::fill(words_.begin() + static_cast<std::ptrdiff_t>(first / 4),
              words_.begin() + static_cast<std::ptrdiff_t>((used_ + 3) / 4),
              poison_);
    return reinterpret_cast<unsigned char*>(words_.data()) + first;
  }

  alignas(128) std::array<std::uint32_t, kSharedBytes / 4> words_{};
  std::vector<std::pair<const void*, void*>> slots_;
  std::size_t used_ = 0;
  std::uint32_t poison_ = 0;
};

Thread* running = nullptr;
std::uint64_t schedule_seed = 1;
SharedMemory& shared_memory() {
  static SharedMemory memory;
  return memory;
}

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

/// Up to 32 threads and who of them can go on.
class Warp {
 public:
  Warp(Thread* threads, unsigned count) : threads_(threads), count_(count) {
    ready_ = count == kWarp ? 0xFFFFFFFFU : (1U << count) - 1;
  }

  [[nodiscard]] std::uint32_t ready() const { return ready_; }
  void make_ready(unsigned lane) {
    threads_[lane].state = State::Ready;
    ready_ |= 1U << lane;
  }

  /// Runs one lane up to its next meeting, barrier or end; returns how it stopped.
  State step(unsigned lane) {
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

  /// Why the lanes that wait for each other cannot go on; empty if none do.
  [[nodiscard]] std::string complaint() const {
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

 private:
  [[nodiscard]] bool joins(const Thread& thread, unsigned lane) const {
    return lane < count_ && threads_[lane].state == State::Meets &&
           threads_[lane].meeting == thread.meeting && threads_[lane].mask == thread.mask;
  }

  [[nodiscard]] bool complete(const Thread& thread) const {
    for (unsigned lane = 0; lane < kWarp; ++lane) {
      if ((thread.mask >> lane & 1) != 0 && !joins(thread, lane)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::string whereabouts(unsigned lane) const {
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

  void hand_out(unsigned mask) {
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

  Thread* threads_;
  unsigned count_;
  std::uint32_t ready_ = 0;
};

/// One block from its first step to its last.
class Block {
 public:
  Block(dim3 grid, dim3 block, const std::function<void()>& body, Random& random)
      : grid_(grid), size_(block), body_(body), random_(random) {
    threads_.resize(std::size_t{block.x} * block.y * block.z);
  }

  void run(dim3 index) {
    start(index);
    while (ended_ < threads_.size()) {
      Warp* warp = choose_warp();
      if (warp == nullptr) {
        pass_barrier();
        continue;
      }
      for (std::uint64_t steps = 1 + random_.below(kMostSteps); steps > 0 && warp->ready() != 0;
           --steps) {
        const State state = warp->step(random_.bit(warp->ready()));
        ended_ += state == State::Ended ? 1 : 0;
        at_barrier_ += state == State::AtBarrier ? 1 : 0;
      }
    }
  }

  /// Ends the threads that a fault has left waiting.
  void abandon() {
    for (Thread& thread : threads_) {
      thread.abandoned = true;
      running = &thread;
      while (thread.self) {
        thread.resume();
      }
    }
    running = nullptr;
  }

 private:
  static constexpr std::uint64_t kMostSteps = 64;

  void start(dim3 index) {
    warps_.clear();
    ended_ = 0;
    at_barrier_ = 0;
    for (unsigned i = 0; i < threads_.size(); ++i) {
      Thread& thread = threads_[i];
      thread.place = {
          {i % size_.x, i / size_.x % size_.y, i / size_.x / size_.y}, index, size_, grid_};
      thread.lane = i % kWarp;
      thread.state = State::Ready;
      thread.abandoned = false;
      PooledStack stacks;
      thread.stack = stacks.allocate();
      thread.self = fiber(
          std::allocator_arg,
          boost::context::preallocated(thread.stack.sp, thread.stack.size, thread.stack),
          stacks,
          [&thread, this](fiber&& scheduler) { return run_thread(thread, std::move(scheduler)); });
    }
    for (unsigned first = 0; first < threads_.size(); first += kWarp) {
      warps_.emplace_back(
          &threads_[first],
          std::min<unsigned>(kWarp, static_cast<unsigned>(threads_.size()) - first));
    }
  }

  /// All that a fiber does; returns to whom it gives back control.
  fiber run_thread(Thread& thread, fiber&& scheduler) {
    thread.to_scheduler.arrive();
    thread.scheduler = std::move(scheduler);
    try {
      if (!thread.abandoned) {
        body_();
      }
    } catch (const std::exception&) {
      thread.failure = std::current_exception();
    } catch (const Abandoned&) {
    }
    thread.state = State::Ended;
    thread.to_scheduler.begin_return(true);
    return std::move(thread.scheduler);
  }

  /// A warp that can go on, or null.
  Warp* choose_warp() {
    const auto count = warps_.size();
    const auto first = random_.below(count);
    for (std::size_t i = 0; i < count; ++i) {
      Warp& warp = warps_[(first + i) % count];
      if (warp.ready() != 0) {
        return &warp;
      }
    }
    return nullptr;
  }

  void pass_barrier() {
    if (at_barrier_ < threads_.size()) {
      complain();
    }
    at_barrier_ = 0;
    for (unsigned i = 0; i < threads_.size(); ++i) {
      warps_[i / kWarp].make_ready(i % kWarp);
    }
  }

  [[noreturn]] void complain() const {
    for (std::size_t i = 0; i < warps_.size(); ++i) {
      const std::string complaint = warps_[i].complaint();
      if (!complaint.empty()) {
        throw Fault(fmt::format("warp {}: {}", i, complaint));
      }
    }
    const auto waiting = std::find_if(threads_.begin(), threads_.end(), [](const Thread& thread) {
      return thread.state == State::AtBarrier;
    });
    const auto gone = std::find_if(threads_.begin(), threads_.end(), [](const Thread& thread) {
      return thread.state == State::Ended;
    });
    throw Fault(fmt::format(
        "{} threads, the first is {}, had ended when others came to __syncthreads at {}",
        ended_,
        gone - threads_.begin(),
        describe(waiting->source)));
  }

  dim3 grid_, size_;
  const std::function<void()>& body_;
  Random& random_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::size_t ended_ = 0, at_barrier_ = 0;
};

}  // namespace

void set_seed(std::uint64_t seed) {
  schedule_seed = seed;
}

const Place& place() {
  return running->place;
}

std::uint64_t meet(
    Meeting meeting, unsigned mask, std::uint64_t value, int argument, int width, Source source) {
  Thread& thread = *running;
  if ((mask >> thread.lane & 1) == 0) {
    throw Fault(fmt::format("lane {} calls {} at {} with mask {:#010x}, which leaves it out",
                            thread.lane,
                            name_of(meeting),
                            describe(source),
                            mask));
  }
  thread.meeting = meeting;
  thread.mask = mask;
  thread.value = value;
  thread.argument = argument;
  thread.width = width;
  thread.suspend(State::Meets, source);
  return thread.result;
}

void wait_for_block(Source source) {
  running->suspend(State::AtBarrier, source);
}

void* shared_slot(const void* key, std::size_t bytes, std::size_t alignment) {
  return shared_memory().slot(key, bytes, alignment);
}

void* dynamic_shared() {
  return shared_memory().begin();
}

void run_grid(dim3 grid,
              dim3 block,
              std::size_t shared_bytes,
              const std::function<void()>& thread) {
  const std::size_t threads = std::size_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > kMaxThreads) {
    throw Fault(fmt::format("{} threads in a block, 1 to {} are possible", threads, kMaxThreads));
  }
  Random random(schedule_seed);
  std::vector<unsigned> order(std::size_t{grid.x} * grid.y * grid.z);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(i)]);
  }
  Block runner(grid, block, thread, random);
  for (const unsigned i : order) {
    const dim3 index(i % grid.x, i / grid.x % grid.y, i / grid.x / grid.y);
    try {
      shared_memory().reset(shared_bytes, kPoisons[random.below(kPoisons.size())]);
      runner.run(index);
    } catch (const Fault& fault) {
      runner.abandon();
      throw Fault(fmt::format("block ({}, {}, {}): {}", index.x, index.y, index.z, fault.what()));
    }
  }
}

}  // namespace yates::kernels::simt
