// SPDX-License-Identifier: Apache-2.0
// Host tensors on the way of a GPU: the table of its operators with the block emulator behind it.
// Needs yates::kernels_cuda_torch and yates::kernels_simt.
#pragma once

#include <c10/core/DeviceType.h>

#include "kernels/cuda/cuda_operators_torch.hpp"
#include "kernels/device/operator_table_torch.hpp"
#include "kernels/scan/mixer_call_torch.hpp"

namespace yates::testing {

/// While it lives, the table serves host tensors.
class EmulatedDevice {
 public:
  explicit EmulatedDevice(const kernels::OperatorTable& table = kernels::cuda_operators()) {
    kernels::use_device_operators(c10::DeviceType::CPU, &table);
  }
  ~EmulatedDevice() { kernels::use_device_operators(c10::DeviceType::CPU, nullptr); }
  EmulatedDevice(const EmulatedDevice&) = delete;
  EmulatedDevice& operator=(const EmulatedDevice&) = delete;
};

/// The table with a count of the calls of every entry. Only one at a time.
class CountedOperators {
 public:
  CountedOperators();
  [[nodiscard]] const kernels::OperatorTable& table() const { return table_; }

 private:
  kernels::OperatorTable table_ = kernels::cuda_operators();
};

namespace detail {

template <auto kEntry>
struct Counted;

/// Stands in the place of one entry.
template <typename R, typename... A, R (*kernels::OperatorTable::*kEntry)(A...)>
struct Counted<kEntry> {
  static inline int calls = 0;
  static R call(A... arguments) {
    ++calls;
    return (kernels::cuda_operators().*kEntry)(arguments...);
  }
};

}  // namespace detail

/// Calls of an entry since the newest CountedOperators was made, e.g.
/// calls_of<&OperatorTable::token_norms>().
template <auto kEntry>
int calls_of() {
  return detail::Counted<kEntry>::calls;
}

inline CountedOperators::CountedOperators() {
  using T = kernels::OperatorTable;
  const auto count = [this]<auto kEntry>() {
    detail::Counted<kEntry>::calls = 0;
    table_.*kEntry = detail::Counted<kEntry>::call;
  };
  count.operator()<&T::instance_norm_forward>();
  count.operator()<&T::instance_norm_backward>();
  count.operator()<&T::squeeze_excite_forward>();
  count.operator()<&T::squeeze_excite_backward>();
  count.operator()<&T::voxel_cross_entropy>();
  count.operator()<&T::gradient_norm>();
  count.operator()<&T::sgd_update>();
  count.operator()<&T::mixer_forward>();
  count.operator()<&T::mixer_backward>();
  count.operator()<&T::token_norms>();
  count.operator()<&T::select_tokens>();
  count.operator()<&T::compact_orders>();
  count.operator()<&T::pool_tokens>();
  count.operator()<&T::unpool_tokens>();
  count.operator()<&T::restore_neighbors>();
}

}  // namespace yates::testing
