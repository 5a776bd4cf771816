// SPDX-License-Identifier: Apache-2.0
// A Mamba layer (state-spaces/mamba v1) over several token orders at once.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "model/parameters.hpp"

namespace yates::model {

/// Mamba(d): d_state 16, d_conv 4, expand 2. in_proj and out_proj have no bias and the gate is
/// pointwise, so one call of each serves all orders.
class Mamba {
 public:
  Mamba(const ParameterList& parameters, const std::string& name);

  /// The sum over the orders of Mamba(rows in that order): rows (batch, row, d) to the same shape.
  /// `orders` as kernels::ordered_mixer takes them. The products in_proj and out_proj are computed
  /// in the type `products`, everything else in that of rows, which is the parameters'.
  /// Deterministic.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& rows,
                                      const at::Tensor& orders,
                                      at::ScalarType products) const;

 private:
  at::Tensor A_log_, D_, in_proj_, conv_weight_, conv_bias_, x_proj_, dt_weight_, dt_bias_,
      out_proj_;
};

}  // namespace yates::model
