// SPDX-License-Identifier: Apache-2.0
// The tensors of the network before they exist: name, shape, and how they are drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/layer.hpp"

namespace yates::model {

/// How the elements of a new parameter are drawn.
enum class Draw {
  Uniform,    ///< U(-bound, bound).
  Constant,   ///< All equal to `bound`.
  LogColumn,  ///< log(column + 1), the last index being the column: Mamba's A_log.
  TimeStep,   ///< softplus^-1(dt), dt = exp(U(log 1e-3, log 0.1)) >= 1e-4: Mamba's dt_proj.bias.
};

/// One parameter.
struct ParameterSpec {
  std::string name;                 ///< Published state-dict name.
  std::vector<std::int64_t> shape;  ///< Row-major; convolutions (out, in / groups, d, w, h).
  Draw draw = Draw::Uniform;
  double bound = 0;

  [[nodiscard]] std::int64_t elements() const;
};

/// Parameters of one layer in state-dict order; none for InstanceNorm.
std::vector<ParameterSpec> parameter_specs(const Layer& layer);

/// Parameters of a network in state-dict order. Transposed convolutions are (in, out, d, w, h).
std::vector<ParameterSpec> parameter_specs(const std::vector<Layer>& layers);

}  // namespace yates::model
