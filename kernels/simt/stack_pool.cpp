// SPDX-License-Identifier: Apache-2.0
#include "kernels/simt/stack_pool.hpp"

#include <cerrno>
#include <vector>

#include <sys/mman.h>

#include "base/error.hpp"

namespace yates::kernels::simt {
namespace {

/// Reserved; pages are used as they are touched.
constexpr std::size_t kStackBytes = std::size_t{256} * 1024;
constexpr std::size_t kGuardBytes = 4096;

std::vector<void*>& free_stacks() {
  static std::vector<void*> stacks;
  return stacks;
}

}  // namespace

boost::context::stack_context PooledStack::allocate() {
  boost::context::stack_context stack;
  stack.size = kStackBytes;
  if (!free_stacks().empty()) {
    stack.sp = free_stacks().back();
    free_stacks().pop_back();
    return stack;
  }
  void* memory = mmap(nullptr,
                      kStackBytes + kGuardBytes,
                      PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1,
                      0);
  if (memory == MAP_FAILED || mprotect(memory, kGuardBytes, PROT_NONE) != 0) {
    throw_system_error("reserving a stack for the emulator", "memory", errno);
  }
  stack.sp = static_cast<char*>(memory) + kGuardBytes + kStackBytes;
  free_stacks().reserve(free_stacks().capacity() + 1);
  return stack;
}

void PooledStack::deallocate(boost::context::stack_context& stack) noexcept {
  free_stacks().push_back(stack.sp);
}

}  // namespace yates::kernels::simt
