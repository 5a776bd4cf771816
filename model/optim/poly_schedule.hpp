// SPDX-License-Identifier: Apache-2.0
// Polynomial decay of the learning rate.
#pragma once

#include <cmath>
#include <cstdint>

namespace yates::model {

/// lr (1 - step / steps)^power, with `step` counted from 0 over the whole run of `steps` updates.
inline double poly_learning_rate(double lr, double power, std::int64_t step, std::int64_t steps) {
  return lr * std::pow(1.0 - static_cast<double>(step) / static_cast<double>(steps), power);
}

}  // namespace yates::model
