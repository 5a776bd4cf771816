// SPDX-License-Identifier: Apache-2.0
// The type of a CUDA stream without the headers of the toolkit.
#pragma once

struct CUstream_st;

namespace yates::kernels {

/// A cudaStream_t; null is the default stream. The emulator ignores it.
using Stream = CUstream_st*;

}  // namespace yates::kernels
