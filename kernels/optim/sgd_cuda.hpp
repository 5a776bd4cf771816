// SPDX-License-Identifier: Apache-2.0
// Gradient norm, clip, unscale and SGD update on a GPU, float32, without a word to the host: three
// launches, whatever the number of tensors. Sums run over parts in a fixed order: equal bits every
// time. All pointers are device memory; nothing waits.
#pragma once

#include <cstdint>

#include "kernels/optim/sgd.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// What the norm kernel leaves for the update and for the host.
struct SgdClip {
  double norm = 0;   ///< Of all gradients, unscaled.
  double scale = 0;  ///< Factor of the gradients: unscale times clip factor; 0 where norm is not
                     ///< finite, and then the update writes nothing.
};

/// `parts` is what `sgd_parts` cuts, copied to the device; `sums` has as many doubles. Writes
/// `clip`. `unscale` is 1 / loss scale, 1 / batch or both; clip_norm <= 0 clips nothing.
/// Source: PyTorch `clip_grad_norm_`.
void sgd_clip_cuda(const SgdTensor<float>* parts,
                   std::int64_t part_count,
                   double unscale,
                   double clip_norm,
                   double* sums,
                   SgdClip* clip,
                   Stream stream);

/// The update of kernels/optim/sgd.hpp in place, with the gradient scale times clip->scale.
void sgd_cuda(const SgdTensor<float>* parts,
              std::int64_t part_count,
              const SgdStep& step,
              const SgdClip* clip,
              Stream stream);

}  // namespace yates::kernels
