// SPDX-License-Identifier: Apache-2.0
// What a token is worth: the scorers of the pruned arms. Scores are constants to the gradient.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace yates::model {

using TokenGrid = std::array<std::int64_t, 3>;  ///< Tokens along (d, h, w).

/// The coordinates of a random decision: everything that draws it, so that it can be repeated on
/// any rank and at any resume point.
struct DrawPlace {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint64_t slot = 0;  ///< Of the first sample of the batch; the next ones follow.
};

/// x (batch, L), min-max normalised over the tokens of each sample; all zero where they are equal.
at::Tensor min_max(const at::Tensor& x);

/// Energy (batch, L) of tokens (batch, L, channel): the L2 norm over the channels, min-max
/// normalised. Differentiable in the tokens.
at::Tensor energy_map(const at::Tensor& tokens);

/// `energy_map` without a gradient: the scorer l2.
at::Tensor energy_scores(const at::Tensor& tokens);

/// Scores (batch, L) uniform in [0, 1): the control scorer. `layer` names the stream.
at::Tensor random_scores(const at::Tensor& tokens,
                         const std::string& layer,
                         const DrawPlace& place);

/// Positional prior (L) of a grid: exp(-r^2 / 0.5), r the distance from the patch centre, every
/// axis running from -1 at its first token to 1 at its last; 0 on an axis of one token. Double.
at::Tensor positional_prior(const TokenGrid& grid);

/// Scores (batch, L) of the scorers l2, fce, r0 .. r5 (paper, Table 19), with E the energy, F the
/// probability `foreground` (batch, L) of the head and P the positional prior, each min-max
/// normalised per sample: l2 = r0 = E, fce = r1 = F, r2 = F P, r3 = F P E, r4 = F E,
/// r5 = (E + F + P) / 3. The table leaves r4 out; F E is the product it lacks. `foreground` may be
/// undefined for l2 and r0.
at::Tensor fused_scores(const std::string& scorer,
                        const at::Tensor& tokens,
                        const at::Tensor& foreground,
                        const TokenGrid& grid);

}  // namespace yates::model
