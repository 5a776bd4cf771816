// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/window_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/error.hpp"

namespace yates::eval {
namespace {

std::vector<std::int64_t> starts_along(std::int64_t length, std::int64_t window, double overlap) {
  const auto stepped = static_cast<std::int64_t>(static_cast<double>(window) * (1.0 - overlap));
  const std::int64_t interval = length == window ? window : std::max<std::int64_t>(1, stepped);
  std::vector<std::int64_t> starts = {0};
  while (starts.back() + window < length) {
    const auto next = static_cast<std::int64_t>(starts.size()) * interval;
    starts.push_back(std::min(next, length - window));
  }
  return starts;
}

std::vector<float> profile(std::int64_t length) {
  const double sigma = 0.125 * static_cast<double>(length);
  const auto scale = static_cast<float>(-2.0 * sigma * sigma);
  std::vector<float> values;
  for (std::int64_t i = 0; i < length; ++i) {
    const float x = static_cast<float>(i) - 0.5F * static_cast<float>(length - 1);
    values.push_back(std::exp(x * x / scale));
  }
  return values;
}

}  // namespace

WindowPlan plan_windows(const Size3& shape, const Size3& window, double overlap) {
  YATES_ASSERT(overlap >= 0.0 && overlap < 1.0, "overlap {}", overlap);
  WindowPlan plan;
  plan.window = window;
  std::array<std::vector<std::int64_t>, 3> along;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    YATES_ASSERT(shape[axis] > 0 && window[axis] > 0, "axis {}", axis);
    const std::int64_t missing = std::max<std::int64_t>(0, window[axis] - shape[axis]);
    plan.pad_low[axis] = missing / 2;
    plan.pad_high[axis] = missing - missing / 2;
    plan.padded[axis] = shape[axis] + missing;
    along[axis] = starts_along(plan.padded[axis], window[axis], overlap);
  }
  for (const std::int64_t z : along[0]) {
    for (const std::int64_t y : along[1]) {
      for (const std::int64_t x : along[2]) {
        plan.starts.push_back({z, y, x});
      }
    }
  }
  return plan;
}

std::vector<float> gaussian_weights(const Size3& window) {
  constexpr float kSmallest = 1e-3F;
  const std::vector<float> along_z = profile(window[0]);
  const std::vector<float> along_y = profile(window[1]);
  const std::vector<float> along_x = profile(window[2]);
  std::vector<float> weights;
  weights.reserve(along_z.size() * along_y.size() * along_x.size());
  for (const float z : along_z) {
    for (const float y : along_y) {
      for (const float x : along_x) {
        weights.push_back(z * y * x);
      }
    }
  }
  const float floor = std::max(kSmallest, *std::min_element(weights.begin(), weights.end()));
  for (float& weight : weights) {
    weight = std::max(weight, floor);
  }
  return weights;
}

}  // namespace yates::eval
