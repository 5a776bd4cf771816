// SPDX-License-Identifier: Apache-2.0
// The order of the modalities, for code above io.
#pragma once

#include "io/shard/modality.hpp"  // IWYU pragma: export
