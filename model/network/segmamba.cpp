// SPDX-License-Identifier: Apache-2.0
#include "model/network/segmamba.hpp"

#include <string>

#include "base/error.hpp"
#include "model/check_options.hpp"
#include "model/network_plan.hpp"

namespace yates::model {
namespace {

std::vector<Layer> checked_layers(const ModelOptions& options) {
  check_options(options);
  return network_layers(options);
}

}  // namespace

SegMamba::SegMamba(const ModelOptions& options, at::ScalarType dtype)
    : options_(options),
      parameters_(parameter_specs(checked_layers(options)), dtype),
      first_(parameters_, "encoder1.layer"),
      encoder_(parameters_, options),
      last_(parameters_, "decoder1.layer"),
      out_(parameters_, "out.conv.conv") {
  for (std::int64_t stage = 0; stage < kStages; ++stage) {
    skips_.emplace_back(parameters_, "encoder" + std::to_string(stage + 2) + ".layer");
  }
  for (std::int64_t number = 5; number >= 2; --number) {
    ups_.emplace_back(parameters_, "decoder" + std::to_string(number));
  }
}

at::Tensor SegMamba::forward(const at::Tensor& x, const DrawPlace& place) const {
  YATES_ASSERT(x.dim() == 5 && x.size(1) == kModalities, "input of {} axes", x.dim());
  const at::Tensor full = first_(x);
  const std::array<at::Tensor, kStages> encoded = encoder_(full, place);
  std::array<at::Tensor, kStages + 1> skips = {full};
  for (std::size_t stage = 0; stage < encoded.size(); ++stage) {
    skips[stage + 1] = skips_[stage](encoded[stage]);
  }
  at::Tensor y = skips[kStages];
  for (std::size_t up = 0; up < ups_.size(); ++up) {
    y = ups_[up](y, skips[kStages - 1 - up]);
  }
  return out_(last_(y));
}

}  // namespace yates::model
