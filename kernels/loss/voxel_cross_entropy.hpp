// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of voxel labels, forward and gradient in one pass: shapes, arguments and the check
// of the labels that all versions share.
#pragma once

#include <cstdint>

namespace yates::kernels {

struct CrossEntropyShape {
  std::int64_t batch = 0;
  std::int64_t labels = 0;  ///< Label values there are, at least 1.
  std::int64_t voxels = 0;  ///< Voxels per sample.
};

template <typename T>
struct CrossEntropyInputs {
  const T* logits = nullptr;             ///< (batch, label, voxel)
  const std::int64_t* labels = nullptr;  ///< (batch, voxel), in [0, shape.labels)
};

/// Throws Error{BadData} that names the first label out of range, its sample and its voxel.
void check_labels(const CrossEntropyShape& shape, const std::int64_t* labels);

}  // namespace yates::kernels
