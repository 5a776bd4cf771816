// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/conv3d_torch.hpp"

#include <array>
#include <optional>

#include <ATen/ops/convolution.h>

namespace yates::kernels {

at::Tensor conv3d(const at::Tensor& x,
                  const at::Tensor& weight,
                  const at::Tensor& bias,
                  const Conv3dGeometry& geometry) {
  const auto cube = [](std::int64_t value) {
    return std::array<std::int64_t, 3>{value, value, value};
  };
  return at::convolution(x,
                         weight,
                         bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt,
                         cube(geometry.stride),
                         cube(geometry.padding),
                         cube(geometry.dilation),
                         geometry.transposed,
                         cube(0),
                         geometry.groups);
}

}  // namespace yates::kernels
