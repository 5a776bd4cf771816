// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction_progress.hpp"

#include <algorithm>
#include <filesystem>

#include "launcher/eval/case_output.hpp"

namespace yates::eval {

PredictionProgress::PredictionProgress(const PredictionRequest& request, const PredictionPlan& plan)
    : request_(request), plan_(plan), progress_("predict", plan.windows, "window") {}

void PredictionProgress::begin_case(const std::string& case_id, std::int64_t planned) {
  case_id_ = case_id;
  planned_ = expected_ = planned;
  made_ = 0;
}

void PredictionProgress::window() {
  ++made_;
  progress_.update(done(), case_id_);
}

void PredictionProgress::end_case() {
  finished_ += planned_;
  planned_ = 0;
  progress_.update(done(), case_id_);
}

std::int64_t PredictionProgress::done() const {
  std::int64_t windows = finished_ + planned_ * std::min(made_, expected_) / expected_;
  for (const auto& [case_id, count] : plan_.others) {
    windows += std::filesystem::exists(label_map_path(request_, case_id)) ? count : 0;
  }
  return windows;
}

}  // namespace yates::eval
