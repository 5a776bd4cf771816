// SPDX-License-Identifier: Apache-2.0
#include "model/network/segmamba.hpp"

#include <string>

#include <c10/core/GradMode.h>

#include "base/error.hpp"
#include "model/check_options.hpp"
#include "model/network_plan.hpp"
#include "model/precision.hpp"

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

at::Tensor SegMamba::forward(const at::Tensor& x,
                             const DrawPlace& place,
                             ForwardTrace* trace) const {
  YATES_ASSERT(x.dim() == 5 && x.size(1) == kModalities, "input of {} axes", x.dim());
  const auto told = [&](const std::string& block, at::Tensor output) {
    if (trace != nullptr) {
      trace->tell(block, output);
    }
    return output;
  };
  const at::Tensor full = told("encoder1", first_(x));
  const std::array<at::Tensor, kStages> encoded = encoder_(full, place, trace);
  std::array<at::Tensor, kStages + 1> skips = {full};
  for (std::size_t stage = 0; stage < encoded.size(); ++stage) {
    skips[stage + 1] = told("encoder" + std::to_string(stage + 2), skips_[stage](encoded[stage]));
  }
  at::Tensor y = skips[kStages];
  for (std::size_t up = 0; up < ups_.size(); ++up) {
    y = told("decoder" + std::to_string(5 - up), ups_[up](y, skips[kStages - 1 - up]));
  }
  return told("out", full_precision(out_(told("decoder1", last_(y)))));
}

std::vector<ForegroundReading> SegMamba::foreground(const at::Tensor& x,
                                                    const DrawPlace& place) const {
  at::Tensor full;
  {
    const c10::NoGradGuard no_grad;
    full = first_(x);
  }
  return encoder_.foreground(full, place);
}

}  // namespace yates::model
