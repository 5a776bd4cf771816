// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/operator_table_torch.hpp"

#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace yates::kernels {
namespace {

struct Served {
  c10::DeviceType device = c10::DeviceType::CUDA;
  const OperatorTable* table = nullptr;
};

Served& served() {
  static Served the_one;
  return the_one;
}

const OperatorTable* table_for(const at::Tensor& tensor) {
  return tensor.device().type() == served().device ? served().table : nullptr;
}

}  // namespace

void use_device_operators(c10::DeviceType device, const OperatorTable* table) {
  served() = {device, table};
}

const OperatorTable* device_operators(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? table_for(tensor) : nullptr;
}

const OperatorTable* device_volume_operators(const at::Tensor& volume) {
  const at::ScalarType type = volume.scalar_type();
  const bool fits = type == at::kFloat || type == at::kHalf || type == at::kBFloat16;
  return fits ? table_for(volume) : nullptr;
}

Stream current_stream(const at::Tensor& tensor) {
  if (tensor.is_cpu()) {
    return nullptr;
  }
  const c10::impl::VirtualGuardImpl device(tensor.device().type());
  return static_cast<Stream>(device.getStream(tensor.device()).native_handle());
}

}  // namespace yates::kernels
