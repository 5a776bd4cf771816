// SPDX-License-Identifier: Apache-2.0
// The progress of a prediction: every case weighs as many windows as it was planned with, however
// many its region of interest turns out to need.
#pragma once

#include <cstdint>
#include <string>

#include "base/log.hpp"
#include "launcher/eval/prediction_plan.hpp"

namespace yates::eval {

/// Shows the windows of this process and of the finished cases of the others.
class PredictionProgress {
 public:
  PredictionProgress(const PredictionRequest& request, const PredictionPlan& plan);

  /// A case begins that was planned with so many windows.
  void begin_case(const std::string& case_id, std::int64_t planned);
  /// Its network calls, those made included, as far as is known now.
  void expect(std::int64_t windows) { expected_ = windows; }
  /// One network call was made.
  void window();
  void end_case();

  /// Planned windows that are done: of this process, and of the finished cases of the others.
  [[nodiscard]] std::int64_t done() const;

 private:
  const PredictionRequest& request_;
  const PredictionPlan& plan_;
  Progress progress_;
  std::string case_id_;
  std::int64_t finished_ = 0;  ///< Planned windows of the cases before.
  std::int64_t planned_ = 0;
  std::int64_t expected_ = 1;
  std::int64_t made_ = 0;
};

}  // namespace yates::eval
