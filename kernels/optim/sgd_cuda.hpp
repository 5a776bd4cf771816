// SPDX-License-Identifier: Apache-2.0
// Gradient norm, clip, unscale and SGD update on a GPU, float32, without a word to the host: three
// launches, whatever the number of tensors. Sums run over parts in a fixed order: equal bits every
// time. All pointers are device memory; nothing waits.
#pragma once

#include <cstdint>

#include "kernels/optim/sgd.hpp"
#include "kernels/simt/stream.hpp"

namespace yates::kernels {

/// The numbers of an update that the device alone knows, single floats.
struct SgdVerdictPointers {
  const float* norm = nullptr;        ///< Of all gradients, unscaled.
  const float* loss_scale = nullptr;  ///< What the gradients were multiplied by.
  const float* skip = nullptr;        ///< Not 0: nothing is to change.
};

/// Writes the L2 norm of all gradients, divided by *loss_scale: squares are added in double.
/// `parts` is what `sgd_parts` cuts, copied to the device; `sums` has as many doubles. No parts: 0.
void gradient_norm_cuda(const SgdTensor<float>* parts,
                        std::int64_t part_count,
                        const float* loss_scale,
                        double* sums,
                        float* norm,
                        Stream stream);

/// The update of kernels/optim/sgd.hpp in place, its gradient scale times min(1, clip_norm / (norm
/// + 1e-6)) / loss_scale; clip_norm <= 0 clips nothing. Writes nothing where the verdict says so or
/// the norm is not finite. Source: PyTorch `clip_grad_norm_`.
void sgd_cuda(const SgdTensor<float>* parts,
              std::int64_t part_count,
              const SgdStep& step,
              double clip_norm,
              const SgdVerdictPointers& verdict,
              Stream stream);

}  // namespace yates::kernels
