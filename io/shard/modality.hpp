// SPDX-License-Identifier: Apache-2.0
// The modalities of a case, in the order in which they are stored and fed to the network.
#pragma once

#include <array>
#include <cstddef>

namespace yates::io {

/// T2, FLAIR, T1 and contrast-enhanced T1, by the suffixes of BraTS files.
inline constexpr std::array<const char*, 4> kModalityNames = {"t2w", "t2f", "t1n", "t1c"};

}  // namespace yates::io
