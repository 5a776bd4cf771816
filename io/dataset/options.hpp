// SPDX-License-Identifier: Apache-2.0
// Where training samples come from and how they are drawn.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace yates::io {

struct DataOptions {
  std::string dir = "shards";        ///< Folder of manifest.json and its shards.
  std::string split = "split.json";  ///< Case ids of training, validation and test.
  std::array<std::int64_t, 3> patch = {128, 128, 128};  ///< (D, H, W) voxels, multiples of 16.
  /// Share of samples whose patch is centred on a labelled voxel; slot-wise as in the paper's code.
  double foreground_fraction = 0.33;
  std::string augment = "light_training";  ///< light_training, none
  std::int64_t workers = 2;                ///< Prefetch threads per rank.
  std::int64_t queue = 4;                  ///< Samples prepared ahead per rank.
};

}  // namespace yates::io
