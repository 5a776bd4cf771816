// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/sequential_paths.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "base/error.hpp"

namespace yates::study {
namespace {

constexpr std::size_t kPart = 10'000;
constexpr unsigned kMostThreads = 8;

/// Chi-squared with df degrees of freedom: pairs of squared normals are exponential.
double chi_squared(RandomStream& stream, std::size_t df) {
  double sum = 0;
  double product = 1;
  for (std::size_t pair = 0; pair < df / 2; ++pair) {
    product *= 1 - stream.uniform();
    // Taking the logarithm before the product underflows.
    if (product < 1e-200) {
      sum -= 2 * std::log(product);
      product = 1;
    }
  }
  sum -= 2 * std::log(product);
  if (df % 2 == 1) {
    const double value = stream.normal();
    sum += value * value;
  }
  return sum;
}

}  // namespace

SeedPath::SeedPath(std::string_view purpose,
                   std::uint64_t draw,
                   std::size_t components,
                   double shift)
    : contrast_(0, purpose, draw, 0),
      error_(0, purpose, draw, 1),
      components_(components),
      shift_(shift) {}

void SeedPath::add() {
  ++n_;
  const double deviation = shift_ + contrast_.normal() - mean_;
  const auto count = static_cast<double>(n_);
  mean_ += deviation / count;
  squares_ += deviation * deviation * (count - 1) / count;
  // The squares about the mean of each further component grow by an independent chi-squared.
  if (n_ > 1 && components_ > 1) {
    squares_ += chi_squared(error_, components_ - 1);
  }
}

void SeedPath::grow(std::int64_t n) {
  YATES_ASSERT(n >= 2, "n = {}", n);
  while (n_ < n) {
    add();
  }
}

double SeedPath::df() const {
  return static_cast<double>(components_) * static_cast<double>(n_ - 1);
}

double SeedPath::se() const {
  return std::sqrt(squares_ / df() / static_cast<double>(n_));
}

void for_parts(std::size_t count, const std::function<void(std::size_t, std::size_t)>& part) {
  const std::size_t parts = (count + kPart - 1) / kPart;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < parts; i = next++) {
      part(i * kPart, std::min(count, (i + 1) * kPart));
    }
  };
  const auto threads = std::min<std::size_t>(
      parts, std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads));
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& thread : others) {
    thread.join();
  }
}

}  // namespace yates::study
