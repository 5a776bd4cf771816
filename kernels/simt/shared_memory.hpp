// SPDX-License-Identifier: Apache-2.0
// The shared memory of the emulated block.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kernels/simt/emulator.hpp"

namespace yates::kernels::simt {

/// NaN as float, and as double when repeated; as integers one is large, the other negative.
inline constexpr std::array<std::uint32_t, 2> kPoisons = {0x7FFADBAD, 0xFFFADBAD};

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

}  // namespace yates::kernels::simt
