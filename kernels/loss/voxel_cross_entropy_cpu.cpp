// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_cpu.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/loss/voxel_cross_entropy_simd.hpp"
#include "kernels/simd/channel_slices.hpp"

namespace yates::kernels {

double voxel_cross_entropy_cpu(const CrossEntropyShape& shape,
                               const CrossEntropyInputs<float>& inputs,
                               float* gradient,
                               const ParallelRunner& parallel,
                               Isa isa) {
  constexpr std::int64_t kBlock = 4096;
  check_labels(shape, inputs.labels);
  const auto count = static_cast<double>(shape.batch * shape.voxels);
  const std::int64_t blocks = divide_up(shape.voxels, kBlock);
  std::vector<double> sums(static_cast<std::size_t>(shape.batch * blocks));
  const auto run = YATES_FOR_ISA(isa, cross_entropy_block);
  parallel(shape.batch * blocks, [&](std::int64_t task) {
    const std::int64_t sample = task / blocks;
    const std::int64_t first = task % blocks * kBlock;
    const std::int64_t offset = sample * shape.labels * shape.voxels + first;
    sums[static_cast<std::size_t>(task)] =
        run({.logits = inputs.logits + offset,
             .labels = inputs.labels + sample * shape.voxels + first,
             .gradient = gradient == nullptr ? nullptr : gradient + offset,
             .label_count = shape.labels,
             .voxels = std::min(kBlock, shape.voxels - first),
             .label_stride = shape.voxels,
             .scale = static_cast<float>(1.0 / count)});
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0) / count;
}

}  // namespace yates::kernels
