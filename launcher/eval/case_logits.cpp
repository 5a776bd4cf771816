// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/case_logits.hpp"

#include <cstddef>
#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "launcher/eval/mirror_tta.hpp"

namespace yates::eval {

at::Tensor predict_logits(const PredictionRequest& request,
                          const SlidingWindow& window,
                          const at::Tensor& volume,
                          const std::string& case_id,
                          const Predictor& network) {
  const auto windows = [&](const at::Tensor& image) {
    return predict_windows(image, window, network);
  };
  const at::Tensor logits = request.mirror ? mirror8(volume, windows) : windows(volume);
  YATES_ASSERT(logits.size(1) == logit_channels(request), "{} channels", logits.size(1));
  if (!at::isfinite(logits).all().item<bool>()) {
    log_warning("case {}: the logits are not finite; the network has diverged", case_id);
  }
  return logits;
}

at::Tensor labels_of(const PredictionRequest& request, const at::Tensor& logits) {
  return argmax_labels(logits.narrow(1, 0, kLabels), request.window.blend)
      .to(at::kCPU)
      .contiguous();
}

at::Tensor within(const at::Tensor& tensor, const kernels::Box3& box) {
  at::Tensor view = tensor;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    view = view.narrow(
        static_cast<std::int64_t>(axis) + 2, box.low[axis], box.high[axis] - box.low[axis]);
  }
  return view;
}

}  // namespace yates::eval
