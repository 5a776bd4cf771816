// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/sliding_window.hpp"

#include <cstddef>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "base/error.hpp"

namespace yates::eval {
namespace {

at::Tensor padded(const at::Tensor& volume, const WindowPlan& plan) {
  if (plan.pad_low == Size3{} && plan.pad_high == Size3{}) {
    return volume;
  }
  std::vector<std::int64_t> pads;
  for (std::size_t axis = 3; axis-- > 0;) {
    pads.push_back(plan.pad_low[axis]);
    pads.push_back(plan.pad_high[axis]);
  }
  return at::constant_pad_nd(volume, pads, 0);
}

/// The part of a (1, C, D, H, W) tensor that starts at `low` and has size `size`; a view.
at::Tensor part(const at::Tensor& tensor, const Size3& low, const Size3& size) {
  at::Tensor view = tensor;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    view = view.narrow(static_cast<std::int64_t>(axis) + 2, low[axis], size[axis]);
  }
  return view;
}

at::Tensor weight_map(const Size3& window, const at::Tensor& like) {
  const std::vector<float> weights = gaussian_weights(window);
  at::Tensor map = at::empty({1, 1, window[0], window[1], window[2]}, at::kFloat);
  std::copy(weights.begin(), weights.end(), map.mutable_data_ptr<float>());
  return map.to(like.device());
}

at::Tensor weighted(const at::Tensor& prediction,
                    const at::Tensor& weights,
                    const SlidingWindow& options) {
  if (options.blend == BlendMode::Float32) {
    return prediction.to(at::kFloat) * weights;
  }
  const at::Tensor half =
      (prediction.to(at::kHalf).to(at::kFloat) * weights).to(at::kHalf).to(at::kFloat);
  return options.beside_float32 ? at::cat({half, prediction.to(at::kFloat) * weights}, 1) : half;
}

}  // namespace

at::Tensor predict_windows(const at::Tensor& volume,
                           const SlidingWindow& options,
                           const Predictor& predict) {
  YATES_ASSERT(volume.dim() == 5 && volume.size(0) == 1, "a volume of {} axes", volume.dim());
  const Size3 shape = {volume.size(2), volume.size(3), volume.size(4)};
  const WindowPlan plan = plan_windows(shape, options.window, options.overlap);
  const at::Tensor input = padded(volume, plan);
  const at::Tensor weights = weight_map(plan.window, volume);
  const auto volume_of = [&](std::int64_t channels) {
    return at::zeros({1, channels, plan.padded[0], plan.padded[1], plan.padded[2]},
                     volume.options().dtype(at::kFloat));
  };
  at::Tensor sum;
  const at::Tensor weight_sum = volume_of(1);
  for (const Size3& start : plan.starts) {
    const at::Tensor prediction = predict(part(input, start, plan.window).contiguous());
    const at::Tensor summand = weighted(prediction, weights, options);
    if (!sum.defined()) {
      sum = volume_of(summand.size(1));
    }
    part(sum, start, plan.window).add_(summand);
    part(weight_sum, start, plan.window).add_(weights);
  }
  return part(sum.div_(weight_sum), plan.pad_low, shape).contiguous();
}

at::Tensor argmax_labels(const at::Tensor& logits, BlendMode blend) {
  const at::Tensor values = blend == BlendMode::ReferenceHalf ? logits.to(at::kHalf) : logits;
  return at::argmax(values, 1).to(at::kByte).squeeze(0);
}

}  // namespace yates::eval
