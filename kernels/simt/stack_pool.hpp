// SPDX-License-Identifier: Apache-2.0
// Stacks for the fibers of the emulator, kept for reuse, each with a guard page below it.
#pragma once

#include <cstddef>

#include <boost/context/stack_context.hpp>

namespace yates::kernels::simt {

/// A stack allocator in the sense of Boost.Context. Stacks are never given back to the system.
/// Not thread-safe.
class PooledStack {
 public:
  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack) noexcept;
};

}  // namespace yates::kernels::simt
