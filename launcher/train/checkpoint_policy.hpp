// SPDX-License-Identifier: Apache-2.0
// At which steps a run validates, saves and ends. Pure arithmetic on the options.
#pragma once

#include <cstdint>

#include "launcher/train/options.hpp"

namespace yates::train {

/// Answers about the boundary after `step` completed steps.
class CheckpointPolicy {
 public:
  explicit CheckpointPolicy(const TrainOptions& options)
      : epoch_(options.steps_per_epoch),
        steps_(options.epochs * options.steps_per_epoch),
        checkpoint_every_(options.checkpoint_every * options.steps_per_epoch),
        validate_every_(options.validate_every * options.steps_per_epoch) {}

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] std::int64_t epoch_of(std::int64_t step) const { return step / epoch_; }
  [[nodiscard]] bool is_last(std::int64_t step) const { return step >= steps_; }
  /// Every `checkpoint_every` epochs, and at the end.
  [[nodiscard]] bool saves_at(std::int64_t step) const {
    return is_last(step) || is_multiple(step, checkpoint_every_);
  }
  /// Every `validate_every` epochs, and at the end.
  [[nodiscard]] bool validates_at(std::int64_t step) const {
    return is_last(step) || is_multiple(step, validate_every_);
  }

 private:
  /// An interval of 0 means never.
  static bool is_multiple(std::int64_t step, std::int64_t interval) {
    return interval > 0 && step > 0 && step % interval == 0;
  }

  std::int64_t epoch_;
  std::int64_t steps_;
  std::int64_t checkpoint_every_;
  std::int64_t validate_every_;
};

}  // namespace yates::train
