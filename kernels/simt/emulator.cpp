// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/emulator.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kernels/simt/shared_memory.hpp"
#include "kernels/simt/stack_pool.hpp"
#include "kernels/simt/warp.hpp"

namespace yates::kernels::simt {
namespace {

constexpr unsigned kMaxThreads = 1024;

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

std::uint64_t schedule_seed = 1;
SharedMemory& shared_memory() {
  static SharedMemory memory;
  return memory;
}

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
