// SPDX-License-Identifier: Apache-2.0
// One training sample on the host.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/augment/parameters.hpp"
#include "io/dataset/sampler.hpp"

namespace yates::io {

/// A patch ready for the network.
struct Sample {
  std::int64_t step = 0;
  std::int64_t slot = 0;  ///< Index in the global batch.
  std::string case_id;
  PatchChoice choice;
  std::optional<AugmentParameters> augmentation;  ///< Absent with augment: none.
  std::array<std::int64_t, 3> shape{};            ///< (d, h, w) of the patch.
  std::vector<float> x;                           ///< (4, d, h, w), normalised, augmented.
  std::vector<std::uint8_t> y;                    ///< (d, h, w), labels 0..3.
};

}  // namespace yates::io
