// SPDX-License-Identifier: Apache-2.0
// Scores a folder of predictions against a folder of references: all cases, or an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "launcher/eval/label_set.hpp"
#include "launcher/eval/metrics_case.hpp"

namespace yates::eval {

struct EvaluationRequest {
  std::filesystem::path predictions;
  std::filesystem::path references;
  std::vector<Convention> conventions;
  LabelSet labels = LabelSet::Brats2023;  ///< Of the references.
  std::optional<LabelSet> prediction_labels =
      std::nullopt;  ///< Of the predictions; nothing: the same.
  /// The cases to score; predictions of others are passed over. Nothing: the cases that the folder
  /// of predictions declares (kPredictionsFile), else every reference; then a prediction of another
  /// case is an error.
  std::optional<std::vector<std::string>> cases;
  std::int64_t jobs = 1;  ///< Cases measured at a time.
};

struct CaseResult {
  std::string case_id;
  CaseMetrics metrics;
  std::filesystem::path prediction;  ///< The files compared.
  std::filesystem::path reference;
};

struct Evaluation {
  std::vector<Convention> conventions;
  std::vector<CaseResult> cases;     ///< Sorted by case id.
  std::int64_t converted_files = 0;  ///< Held label 3 where 4 was expected.
  /// With labels 1 and 2 of the predictions exchanged, the tumour core would agree far better: the
  /// folders number their labels differently.
  bool looks_exchanged = false;
  std::int64_t other_references = 0;  ///< References of cases that were not scored.
};

/// Called after each case with the number of finished cases and of all, one call at a time.
using EvaluationProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Measures every case. Throws Error{InputMissing} for a missing folder and Error{BadData} with all
/// findings of all cases: missing, extra or duplicate predictions, another grid, unknown labels,
/// unreadable files. The result does not depend on `jobs`. Memory: two label maps per job and about
/// 40 bytes per voxel of the tumour's box.
Evaluation evaluate_folders(const EvaluationRequest& request, const EvaluationProgress& progress);

}  // namespace yates::eval
