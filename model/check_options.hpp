// SPDX-License-Identifier: Apache-2.0
// Whether a network can be built from its options, said before anything is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "model/options.hpp"

namespace yates::model {

/// Every finding about `options`, named by configuration key; empty if the network can be built.
std::vector<Problem> option_problems(const ModelOptions& options);

/// Every finding about a patch of (D, H, W) voxels: sides are positive multiples of 16, and the
/// deepest stage keeps more than one voxel (InstanceNorm needs two).
std::vector<Problem> patch_problems(const std::array<std::int64_t, 3>& patch);

/// Throws Error{BadConfig} with all findings.
void check_options(const ModelOptions& options);

/// Throws Error{BadConfig} with all findings.
void check_patch(const std::array<std::int64_t, 3>& patch);

}  // namespace yates::model
