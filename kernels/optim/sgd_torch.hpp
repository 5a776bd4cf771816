// SPDX-License-Identifier: Apache-2.0
// Gradient norm and SGD update on tensors.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "kernels/optim/sgd.hpp"

namespace yates::kernels {

/// One parameter; an undefined gradient counts as zero.
struct SgdTriple {
  at::Tensor parameter, gradient, velocity;
};

/// Sum of the squares of all elements of all gradients, float32 or float64, undefined ones none.
/// On the CPU with the same bits for any thread count; elsewhere by LibTorch's operators.
double square_sum(std::span<const at::Tensor> gradients);

/// The factor that brings `norm` down to `clip_norm`: min(1, clip_norm / (norm + 1e-6)); 1 where
/// clip_norm <= 0 (no clipping). Source: PyTorch `clip_grad_norm_`.
double clip_factor(double norm, double clip_norm);

/// The update of kernels/optim/sgd.hpp in place. Parameters and velocities are contiguous and of
/// one dtype. On the CPU float32 (fast) or float64 (reference), the same bits for any thread count;
/// elsewhere by LibTorch's operators. Throws c10::Error when a triple does not fit.
void sgd_update(std::span<const SgdTriple> triples, const SgdStep& step);

/// The numbers of an update that the device of its tensors alone knows: float32 scalars there.
struct SgdVerdict {
  at::Tensor norm;        ///< What gradient_norm gave for all gradients of the step.
  at::Tensor loss_scale;  ///< What the loss, and so the gradients, were multiplied by.
  at::Tensor skip;        ///< 1: the step changes nothing; else 0.
};

/// L2 norm over all elements of `gradients`, defined and float32, over the loss scale: a float32
/// scalar where they are, not finite if any of them is not. Where device_operators serves them it
/// waits for nothing. Deterministic, on the CPU for any thread count.
at::Tensor gradient_norm(std::span<const at::Tensor> gradients, const at::Tensor& loss_scale);

/// sgd_update with the gradient scale times clip_factor(norm, clip_norm) / loss_scale; nothing is
/// written where `skip` is 1 or the norm is not finite. float32. Where device_operators serves the
/// parameters it waits for nothing.
void sgd_update(std::span<const SgdTriple> triples,
                const SgdStep& step,
                double clip_norm,
                const SgdVerdict& verdict);

}  // namespace yates::kernels
