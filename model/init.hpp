// SPDX-License-Identifier: Apache-2.0
// Initial weights as a pure function of seed and parameter name.
#pragma once

#include <cstdint>

#include "model/parameters.hpp"

namespace yates::model {

/// Overwrites every parameter. Element i of a parameter is draw i of the stream named after it, so
/// that every arm which has the parameter starts from the same value, whatever else it has.
/// Distributions: PyTorch's defaults for convolutions and linear layers, Mamba's own for A_log, D
/// and dt_proj; see ParameterSpec. Drawn in double, rounded to the parameter's dtype.
void initialise(const ParameterList& parameters, std::uint64_t seed);

}  // namespace yates::model
