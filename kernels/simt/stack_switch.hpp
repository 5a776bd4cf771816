// SPDX-License-Identifier: Apache-2.0
// Tells AddressSanitizer that a fiber changes the stack; nothing without it.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define YATES_SIMT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define YATES_SIMT_ASAN 1
#endif
#endif
#ifdef YATES_SIMT_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace yates::kernels::simt {

/// One direction of switching, seen from the side that leaves: begin (or begin_return, to the stack
/// from which `arrive` last came), the switch, then `end` or `arrive` back on the own stack.
class StackSwitch {
 public:
#ifdef YATES_SIMT_ASAN
  void begin(const void* bottom, std::size_t size) {
    __sanitizer_start_switch_fiber(&own_, bottom, size);
  }
  void end() {
    __sanitizer_finish_switch_fiber(own_, nullptr, nullptr);
  }
  void begin_return(bool forever = false) {
    __sanitizer_start_switch_fiber(forever ? nullptr : &own_, from_, from_size_);
  }
  void arrive() {
    __sanitizer_finish_switch_fiber(own_, &from_, &from_size_);
    own_ = nullptr;
  }

 private:
  void* own_ = nullptr;
  const void* from_ = nullptr;
  std::size_t from_size_ = 0;
#else
  void begin(const void* /*bottom*/, std::size_t /*size*/) {}
  void end() {}
  void begin_return(bool /*forever*/ = false) {}
  void arrive() {}
#endif
};

}  // namespace yates::kernels::simt
