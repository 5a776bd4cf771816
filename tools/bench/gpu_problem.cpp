// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/gpu_problem.hpp"

#include <bit>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "base/random.hpp"
#include "kernels/scan/token_orders.hpp"

namespace yates::bench {
namespace {

using kernels::DeviceArray;

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

DeviceArray<float> device_values(std::int64_t count, float low, float high) {
  return DeviceArray<float>(random_values(count, low, high));
}

std::int64_t rank_of(std::int64_t channels) {
  return (channels / 2 + 15) / 16;
}

/// The bits of all arrays, one after the other: a NaN that nobody wrote equals itself.
std::vector<std::uint32_t> bits_of(std::initializer_list<const DeviceArray<float>*> arrays) {
  std::vector<std::uint32_t> all;
  for (const DeviceArray<float>* array : arrays) {
    for (const float value : array->host()) {
      all.push_back(std::bit_cast<std::uint32_t>(value));
    }
  }
  return all;
}

}  // namespace

std::vector<float> random_values(std::int64_t count, float low, float high) {
  constexpr std::size_t kPeriod = 1 << 20;
  RandomStream random(1, "gpu_problem");
  std::vector<float> values(size(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = i < kPeriod ? static_cast<float>(random.uniform(static_cast<double>(low),
                                                                static_cast<double>(high)))
                            : values[i - kPeriod];
  }
  return values;
}

std::vector<std::int32_t> three_orders(std::int64_t tokens) {
  const auto side = static_cast<std::int64_t>(std::llround(std::cbrt(tokens)));
  if (side * side * side == tokens) {
    return kernels::token_orders({side, side, side});
  }
  std::vector<std::int32_t> orders;
  for (std::int64_t stride : {1, 64, 4099}) {  // odd sizes: none has a divisor in common with them
    for (std::int64_t i = 0; i < tokens; ++i) {
      orders.push_back(static_cast<std::int32_t>(i * stride % tokens));
    }
  }
  return orders;
}

MixerProblem::MixerProblem(std::int64_t tokens, std::int64_t channels)
    : shape_{.batch = kBatch,
             .tokens = tokens,
             .channels = channels,
             .states = kStates,
             .rank = rank_of(channels)},
      wide_(kBatch * tokens * channels),
      narrow_(kBatch * tokens * (shape_.rank + 2 * kStates)),
      orders_(three_orders(tokens)),
      xz_(device_values(2 * wide_, -1, 1)),
      grad_xz_(size(2 * wide_)),
      grad_y_(device_values(wide_, -1, 1)),
      dt_weight_(device_values(channels * shape_.rank, -0.3F, 0.3F)),
      bias_(device_values(channels, -6, -1)),
      A_(device_values(channels * kStates, -16, -0.5F)),
      D_(device_values(channels, 0.9F, 1.1F)),
      conv_weight_(device_values(4 * channels, -0.5F, 0.5F)),
      conv_bias_(device_values(channels, -0.5F, 0.5F)),
      grad_A_(size(channels * kStates)),
      grad_D_(size(channels)),
      grad_bias_(size(channels)),
      grad_conv_weight_(size(4 * channels)),
      grad_conv_bias_(size(channels)),
      states_(size(kernels::row_scan_cuda_state_count(shape_, kOrders))),
      workspace_(size(kernels::row_scan_cuda_workspace(shape_, kOrders))),
      conv_workspace_(size(kernels::row_conv_cuda_workspace({kBatch, tokens, channels, 4}))),
      sum_(size(wide_)),
      out_(size(wide_)) {
  scan_.shape = shape_;
  scan_.orders = kOrders;
  conv_.shape = {kBatch, tokens, channels, 4};
  conv_.orders = kOrders;
  conv_.inputs.x = xz_.data();
  conv_.inputs.x_stride = 2 * channels;
  conv_.inputs.weight = conv_weight_.data();
  conv_.inputs.bias = conv_bias_.data();
  for (std::size_t r = 0; r < kOrders; ++r) {
    u_.push_back(device_values(wide_, -1, 1));
    features_.push_back(device_values(narrow_, -1.5F, 1.5F));
    y_.emplace_back(size(wide_));
    grad_u_.emplace_back(size(wide_));
    grad_delta_.emplace_back(size(wide_));
    grad_features_.emplace_back(size(narrow_));
    const std::int32_t* order = orders_.data() + r * size(tokens);
    conv_.order[r] = order;
    scan_.inputs[r] = {.u = u_[r].data(),
                       .delta = nullptr,
                       .features = features_[r].data(),
                       .dt_weight = dt_weight_.data(),
                       .dt_bias = bias_.data(),
                       .A = A_.data(),
                       .D = D_.data(),
                       .softplus = true,
                       .order = order,
                       .order_per_sample = false};
  }
}

void MixerProblem::scan_forward() {
  kernels::row_scan_forward_cuda(scan_,
                                 {y_[0].data(), y_[1].data(), y_[2].data()},
                                 states_.data(),
                                 workspace_.data(),
                                 nullptr);
}

void MixerProblem::scan_backward() {
  kernels::RowScanGradients gradients[kOrders];
  for (std::size_t r = 0; r < kOrders; ++r) {
    gradients[r] = {.u = grad_u_[r].data(),
                    .delta = grad_delta_[r].data(),
                    .features = grad_features_[r].data()};
  }
  gradients[0].A = grad_A_.data();
  gradients[0].D = grad_D_.data();
  gradients[0].dt_bias = grad_bias_.data();
  kernels::row_scan_backward_cuda(
      scan_, states_.data(), grad_y_.data(), gradients, workspace_.data(), nullptr);
}

void MixerProblem::conv_forward() {
  kernels::row_conv_forward_cuda(conv_, {y_[0].data(), y_[1].data(), y_[2].data()}, nullptr);
}

void MixerProblem::conv_backward() {
  kernels::row_conv_backward_cuda(conv_,
                                  {u_[0].data(), u_[1].data(), u_[2].data()},
                                  {.x = grad_xz_.data(),
                                   .accumulate = false,
                                   .weight = grad_conv_weight_.data(),
                                   .bias = grad_conv_bias_.data()},
                                  conv_workspace_.data(),
                                  nullptr);
}

void MixerProblem::gate_forward() {
  kernels::row_gate_forward_cuda({.rows = kBatch * shape_.tokens,
                                  .channels = shape_.channels,
                                  .z_stride = 2 * shape_.channels,
                                  .orders = kOrders,
                                  .order_y = {y_[0].data(), y_[1].data(), y_[2].data()},
                                  .z = xz_.data() + shape_.channels},
                                 sum_.data(),
                                 out_.data(),
                                 nullptr);
}

double MixerProblem::elements() const {
  return static_cast<double>(kOrders * wide_);
}

double MixerProblem::scan_forward_bytes() const {
  return 4.0 * (2 * elements() + static_cast<double>(kOrders * narrow_) +
                static_cast<double>(states_.size()));
}

double MixerProblem::scan_backward_bytes() const {
  return 4.0 * (3 * elements() + static_cast<double>(wide_ + 2 * kOrders * narrow_) +
                static_cast<double>(states_.size()));
}

double MixerProblem::conv_forward_bytes() const {
  return 4.0 * (elements() + static_cast<double>(wide_));
}

double MixerProblem::gate_bytes() const {
  return 4.0 * (elements() + 3 * static_cast<double>(wide_));
}

void MixerProblem::clear_sums() {
  for (Array* sums : {&grad_A_, &grad_D_, &grad_bias_, &grad_conv_weight_, &grad_conv_bias_}) {
    const std::vector<float> zeros(sums->size());
    kernels::copy_to_device(sums->data(), zeros.data(), zeros.size() * sizeof(float));
  }
}

bool MixerProblem::repeats() {
  std::vector<std::uint32_t> first;
  for (int run = 0; run < 2; ++run) {
    clear_sums();
    scan_forward();
    const std::vector<std::uint32_t> forward = bits_of({&y_[0], &y_[1], &y_[2]});
    scan_backward();
    conv_backward();
    std::vector<std::uint32_t> all = bits_of({&grad_u_[0],
                                              &grad_delta_[2],
                                              &grad_features_[1],
                                              &grad_A_,
                                              &grad_D_,
                                              &grad_bias_,
                                              &grad_conv_weight_,
                                              &grad_conv_bias_});
    all.insert(all.end(), forward.begin(), forward.end());
    if (run == 1) {
      return all == first;
    }
    first = std::move(all);
  }
  return false;
}

}  // namespace yates::bench
