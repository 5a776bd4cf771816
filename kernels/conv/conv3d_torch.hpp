// SPDX-License-Identifier: Apache-2.0
// 3D convolutions for training: one path for every sample, and a fast one on small volumes.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace yates::kernels {

/// How a cubic convolution moves over the volume; the same number on all three axes.
struct Conv3dGeometry {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< Voxels of zeros around the input.
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  bool transposed = false;  ///< weight is then (in, out, k, k, k).
  /// An InstanceNorm without affine part follows: it removes what a bias adds, so the bias is not
  /// added and its gradient is zero.
  bool normalised = false;
};

/// y (batch, out, d, w, h) of x (batch, in, d, w, h) and weight (out, in / groups, k, k, k).
/// `bias` (out) may be undefined. One floating type and device, differentiable once in every input.
/// Samples are computed one by one, so that a sample has the same bits at any batch size, and
/// weight gradients are added in the order of the samples. On the CPU deterministic run to run for
/// a fixed thread count; on a GPU as cuDNN is told to be. In float32 on the CPU, LibTorch leaves
/// oneDNN for 3^3 kernels when channels * depth * height <= 20480, for a kernel 4 to 20 times
/// slower; here those go through oneDNN too, forward and backward.
at::Tensor conv3d(const at::Tensor& x,
                  const at::Tensor& weight,
                  const at::Tensor& bias,
                  const Conv3dGeometry& geometry);

}  // namespace yates::kernels
