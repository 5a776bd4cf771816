// SPDX-License-Identifier: Apache-2.0
// Randomness as a pure function. Every draw in yates is Philox4x32-10 of (seed, stream, step,
// slot), so that nothing depends on rank count, worker count, order of work or resume point.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace yates {

/// One Philox4x32-10 block: 128 counter bits and 64 key bits to 128 random bits.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key);

/// FNV-1a, 64 bit: gives names (of streams, parameters, cases) a place in a key or counter.
std::uint64_t hash_name(std::string_view name);

/// A named sequence of draws, reproducible from its four coordinates alone. Two streams that differ
/// in any coordinate are independent. Cheap to make: make one per decision rather than sharing.
/// A stream yields 2^34 words before it repeats.
class RandomStream {
 public:
  /// `stream` names the purpose ("patch", "init", "phantom"); `step` and `slot` place the draw,
  /// e.g. the global training step and the sample's index in the global batch. slot < 2^32.
  RandomStream(std::uint64_t seed,
               std::string_view stream,
               std::uint64_t step = 0,
               std::uint64_t slot = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// Uniform in [0, 1), 53 random bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform integer in [0, bound), without modulo bias. Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform integer in [low, high], both included.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// True with probability p.
  bool bernoulli(double p);
  /// Standard normal by Box-Muller; uses the platform's log, sqrt, sin and cos.
  double normal();
  /// Fisher-Yates: every order equally likely.
  void shuffle(std::span<std::size_t> indices);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  bool has_spare_normal_ = false;
  double spare_normal_ = 0;
};

}  // namespace yates
