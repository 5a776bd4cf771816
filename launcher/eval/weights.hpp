// SPDX-License-Identifier: Apache-2.0
// Weights from a file into a network, by the published names.
#pragma once

#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "io/checkpoint/safetensors.hpp"

namespace yates::eval {

/// One tensor of a network to be filled.
struct WeightTarget {
  std::string name;
  at::Tensor value;
};

/// Copies every tensor of `file` into the target of its name, converting float16, bfloat16, float32
/// and float64. What a checkpoint holds beside the weights (`momentum.*`, `yates.*`) is passed
/// over. Throws Error{BadData} with all findings: missing, unknown, of another shape, not floating.
/// The targets are untouched then.
void load_weights(const io::SafetensorsFile& file, std::span<const WeightTarget> targets);

}  // namespace yates::eval
