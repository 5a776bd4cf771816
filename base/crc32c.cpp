// SPDX-License-Identifier: Apache-2.0
// CRC32C: the processor's instruction where it has one, else a table of slices. No maintained C++
// package of it exists in the distribution.
#include <array>
#include <cstring>

#include "base/digest.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace yates {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
    }
    table[byte] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

std::uint32_t extend_by_table(std::uint32_t state, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    state = kTable[(state ^ static_cast<std::uint32_t>(byte)) & 0xFF] ^ (state >> 8);
  }
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(
    std::uint32_t state, std::span<const std::byte> bytes) {
  std::uint64_t wide = state;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(sizeof(word));
  }
  state = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes) {
    state = _mm_crc32_u8(state, static_cast<std::uint8_t>(byte));
  }
  return state;
}
#endif

std::uint32_t extend(std::uint32_t state, std::span<const std::byte> bytes) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) {
    return extend_by_instruction(state, bytes);
  }
#endif
  return extend_by_table(state, bytes);
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) {
  return ~extend(~seed, bytes);
}

std::uint32_t crc32c_reference(std::span<const std::byte> bytes, std::uint32_t seed) {
  return ~extend_by_table(~seed, bytes);
}

}  // namespace yates
