// SPDX-License-Identifier: Apache-2.0
// TriMamba: one Mamba over a volume in three token orders, dense or pruned.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "model/blocks/mamba.hpp"
#include "model/parameters.hpp"
#include "model/prune/token_scores.hpp"
#include "model/prune/token_selection.hpp"

namespace yates::kernels {
struct OperatorTable;
}

namespace yates::model {

/// What a TriMamba layer drops. A keep rate of 1, or one that keeps every token, is the dense
/// layer.
struct TokenPruning {
  double keep_rate = 1.0;
  std::string scorer = "l2";      ///< l2, random, fce, r0 .. r5
  std::string summary = "mean";   ///< mean, score
  std::string restore = "fused";  ///< fused, neighbor
};

/// What the scorers know beside the tokens.
struct ScoreContext {
  DrawPlace place = {};        ///< Read by the random scorer alone.
  at::Tensor foreground = {};  ///< Probability (batch, token) of the stage's head: fce, r1 .. r5.
};

/// y = x + sum over the three orders of Mamba(LayerNorm(x)), with one LayerNorm and one Mamba.
/// Pruned: scores of the raw tokens choose K; the others are fused into one summary token at the
/// end of each order, and after the block every dropped position receives the summary's output, or
/// what `neighbor_restore` finds around it.
/// Source: paper section 2; where it is silent, the choices are in model/prune.
class TriMamba {
 public:
  /// Tensors "NAME.norm.*" and "NAME.mamba.*".
  TriMamba(const ParameterList& parameters, const std::string& name, TokenPruning pruning = {});

  /// x (batch, d, depth, width, height); the result has the same shape and type. Computed in the
  /// type of the parameters, but for the products of Mamba. Deterministic.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const ScoreContext& context = {}) const;

  /// The mask that this layer would use on x.
  [[nodiscard]] TokenSelection select(const at::Tensor& x, const ScoreContext& context = {}) const;

 private:
  [[nodiscard]] at::Tensor scores(const at::Tensor& tokens,
                                  const TokenGrid& grid,
                                  const ScoreContext& context) const;
  /// The pruned layer without its residual, on tokens (batch, token, d) of a grid.
  [[nodiscard]] at::Tensor pruned(const at::Tensor& tokens,
                                  const TokenGrid& grid,
                                  const ScoreContext& context,
                                  at::ScalarType products) const;
  /// The same where there are kernels for a GPU: nothing waits for the device.
  [[nodiscard]] at::Tensor pruned_on_device(const kernels::OperatorTable& device,
                                            const at::Tensor& tokens,
                                            const TokenGrid& grid,
                                            const ScoreContext& context,
                                            at::ScalarType products) const;
  /// LayerNorm and Mamba of rows in all orders.
  [[nodiscard]] at::Tensor mix(const at::Tensor& rows,
                               const at::Tensor& orders,
                               at::ScalarType products) const;

  std::string name_;
  at::Tensor norm_weight_, norm_bias_;
  Mamba mamba_;
  TokenPruning pruning_;
};

}  // namespace yates::model
