// SPDX-License-Identifier: Apache-2.0
// What a predicted case leaves in the folder: its label map, and what was asked for beside it.
#pragma once

#include <filesystem>
#include <string>

#include <ATen/core/Tensor.h>

#include "io/shard/case_reader.hpp"
#include "launcher/eval/prediction_plan.hpp"

namespace yates::eval {

/// Where the label map of a case goes.
std::filesystem::path label_map_path(const PredictionRequest& request, const std::string& case_id);

/// Whether everything that was asked for is there.
bool is_finished(const PredictionRequest& request, const std::string& case_id);

/// Publishes what was asked for of a case, its label map last. `labels` (D, H, W) uint8 and
/// `logits` (1, K, D, H, W) are those of the stored box. Throws Error{Io}.
void write_case(const PredictionRequest& request,
                const io::CaseReader& reader,
                const at::Tensor& logits,
                const at::Tensor& labels);

}  // namespace yates::eval
