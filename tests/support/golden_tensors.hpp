// SPDX-License-Identifier: Apache-2.0
// Tensors of a golden safetensors file as vectors of the type that a test computes in, and the
// distance that results are judged by.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/checkpoint/safetensors.hpp"

namespace yates::testing {

/// A file under tests/golden, opened once per test.
class GoldenTensors {
 public:
  explicit GoldenTensors(const std::string& file)
      : file_(std::string(YATES_GOLDEN_DIR) + "/" + file) {}

  [[nodiscard]] const std::vector<std::int64_t>& shape(const std::string& name) const {
    return entry(name).shape;
  }

  [[nodiscard]] bool contains(const std::string& name) const { return file_.find(name) != nullptr; }

  /// The elements, converted from float64, float32 or int64.
  template <typename T>
  [[nodiscard]] std::vector<T> values(const std::string& name) const {
    const io::TensorEntry& tensor = entry(name);
    switch (tensor.dtype) {
      case io::Dtype::F64: return converted<T, double>(tensor);
      case io::Dtype::F32: return converted<T, float>(tensor);
      case io::Dtype::I64: return converted<T, std::int64_t>(tensor);
      default: throw std::runtime_error(name + ": unexpected dtype");
    }
  }

 private:
  [[nodiscard]] const io::TensorEntry& entry(const std::string& name) const {
    const io::TensorEntry* found = file_.find(name);
    if (found == nullptr) {
      throw std::runtime_error("no tensor " + name);
    }
    return *found;
  }

  template <typename T, typename Stored>
  static std::vector<T> converted(const io::TensorEntry& tensor) {
    std::vector<Stored> stored(tensor.data.size() / sizeof(Stored));
    std::memcpy(stored.data(), tensor.data.data(), tensor.data.size());
    return std::vector<T>(stored.begin(), stored.end());
  }

  io::SafetensorsFile file_;
};

/// |actual - expected| / |expected| in the L2 norm; the plain norm if `expected` is zero. Infinite
/// when the lengths differ or a value is not finite.
template <typename A, typename B>
double relative_l2(const std::vector<A>& actual, const std::vector<B>& expected) {
  if (actual.size() != expected.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double a = static_cast<double>(actual[i]);
    const double e = static_cast<double>(expected[i]);
    difference += (a - e) * (a - e);
    norm += e * e;
  }
  const double distance = norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
  return std::isfinite(distance) ? distance : std::numeric_limits<double>::infinity();
}

}  // namespace yates::testing
