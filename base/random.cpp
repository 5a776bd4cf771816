// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.hpp"

namespace yates {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

constexpr std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}
constexpr std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0],
               low(product1),
               high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

// The key mixes seed and stream name by one Philox block; the counter holds (draw, slot, step).
RandomStream::RandomStream(std::uint64_t seed,
                           std::string_view stream,
                           std::uint64_t step,
                           std::uint64_t slot) {
  YATES_ASSERT(slot <= 0xFFFFFFFF, "slot {} needs more than 32 bits", slot);
  const std::uint64_t name = hash_name(stream);
  const auto mixed =
      philox4x32_10({low(seed), high(seed), low(name), high(name)}, {0x79617465, 0x73000001});
  key_ = {mixed[0] ^ mixed[2], mixed[1] ^ mixed[3]};
  counter_ = {0, low(slot), low(step), high(step)};
}

std::uint32_t RandomStream::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32_10(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t RandomStream::next_u64() {
  const std::uint64_t upper = next_u32();
  return upper << 32 | next_u32();
}

double RandomStream::uniform() {
  return static_cast<double>(next_u64() >> 11) * 0x1.0p-53;
}

double RandomStream::uniform(double low_end, double high_end) {
  return low_end + (high_end - low_end) * uniform();
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  YATES_ASSERT(bound > 0, "a uniform integer needs a positive bound");
  const std::uint64_t reject_below = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t word = next_u64();
    if (word >= reject_below) {
      return word % bound;
    }
  }
}

std::int64_t RandomStream::integer(std::int64_t low_end, std::int64_t high_end) {
  YATES_ASSERT(low_end <= high_end, "empty range [{}, {}]", low_end, high_end);
  const auto width = static_cast<std::uint64_t>(high_end - low_end) + 1;
  return low_end + static_cast<std::int64_t>(below(width));
}

bool RandomStream::bernoulli(double p) {
  return uniform() < p;
}

double RandomStream::normal() {
  if (std::exchange(has_spare_normal_, false)) {
    return spare_normal_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_normal_ = true;
  return radius * std::cos(angle);
}

void RandomStream::shuffle(std::span<std::size_t> indices) {
  for (std::size_t i = indices.size(); i > 1; --i) {
    std::swap(indices[i - 1], indices[below(i)]);
  }
}

}  // namespace yates
