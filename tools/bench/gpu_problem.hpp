// SPDX-License-Identifier: Apache-2.0
// Random data on the device for the kernel table: everything of a TriMamba mixer of one size.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv/row_conv_cuda.hpp"
#include "kernels/scan/row_gate_cuda.hpp"
#include "kernels/scan/row_scan_cuda.hpp"
#include "kernels/simt/device.hpp"

namespace yates::bench {

/// `count` values between low and high, the same on every run.
std::vector<float> random_values(std::int64_t count, float low, float high);

/// Three orders of a batch of 2: a cube's for a cubic number of tokens, else a fixed stride.
std::vector<std::int32_t> three_orders(std::int64_t tokens);

/// Scan and convolution of three orders, with memory for both passes.
class MixerProblem {
 public:
  static constexpr std::int64_t kBatch = 2;
  static constexpr std::int64_t kStates = 16;
  static constexpr int kOrders = 3;

  MixerProblem(std::int64_t tokens, std::int64_t channels);

  void scan_forward();
  void scan_backward();
  void conv_forward();
  void conv_backward();
  void gate_forward();

  /// Bytes that the passes read and write at least once.
  [[nodiscard]] double scan_forward_bytes() const;
  [[nodiscard]] double scan_backward_bytes() const;
  [[nodiscard]] double conv_forward_bytes() const;
  [[nodiscard]] double gate_bytes() const;
  [[nodiscard]] double elements() const;

  /// True if both passes of everything give equal bits when run twice.
  [[nodiscard]] bool repeats();

 private:
  using Array = kernels::DeviceArray<float>;
  void clear_sums();

  kernels::RowScanShape shape_;
  std::int64_t wide_, narrow_;  ///< Elements of (batch, token, channel) and of the features.
  std::vector<Array> u_, features_, y_, grad_u_, grad_delta_, grad_features_;
  kernels::DeviceArray<std::int32_t> orders_;
  Array xz_, grad_xz_, grad_y_, dt_weight_, bias_, A_, D_, conv_weight_, conv_bias_;
  Array grad_A_, grad_D_, grad_bias_, grad_conv_weight_, grad_conv_bias_;
  Array states_, workspace_, conv_workspace_, sum_, out_;
  kernels::RowScanOrders scan_{};
  kernels::RowConvOrders conv_{};
};

}  // namespace yates::bench
