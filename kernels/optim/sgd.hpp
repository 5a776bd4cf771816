// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with Nesterov momentum over many tensors at once: what all versions
// share.
//   g = gradient_scale * gradient + weight_decay * p;  v = momentum * v + g;
//   p = p - lr * (g + momentum * v)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace yates::kernels {

/// The numbers of one update.
struct SgdStep {
  double lr = 0.01;
  double momentum = 0.99;
  double weight_decay = 1e-5;
  double gradient_scale = 1.0;  ///< Clip factor, and 1 / batch or 1 / loss scale where they apply.
};

/// `count` contiguous elements of each; a null gradient counts as zero.
template <typename T>
struct SgdTensor {
  T* parameter = nullptr;
  const T* gradient = nullptr;
  T* velocity = nullptr;
  std::int64_t count = 0;
};

/// Elements of a unit of work: a part of one tensor, the same on every device.
inline constexpr std::int64_t kSgdChunk = 1 << 14;

/// The tensors as parts of at most kSgdChunk elements, in order: the units of work.
std::vector<SgdTensor<float>> sgd_parts(std::span<const SgdTensor<float>> tensors);

}  // namespace yates::kernels
