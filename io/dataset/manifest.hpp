// SPDX-License-Identifier: Apache-2.0
// The index of a data set, for code above io: it lies beside the shards that it describes.
#pragma once

#include "io/shard/manifest.hpp"  // IWYU pragma: export
