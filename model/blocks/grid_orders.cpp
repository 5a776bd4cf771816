// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/grid_orders.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>

#include "kernels/scan/token_orders.hpp"

namespace yates::model {

at::Tensor grid_orders(const TokenGrid& grid, const at::Device& device) {
  static std::mutex mutex;
  static std::map<std::pair<TokenGrid, std::string>, at::Tensor> made;
  const std::lock_guard lock(mutex);
  at::Tensor& orders = made[{grid, device.str()}];
  if (!orders.defined()) {
    const std::vector<std::int32_t> rows = kernels::token_orders(grid);
    const at::Tensor host =
        at::empty({kernels::kTokenOrders, grid[0] * grid[1] * grid[2]}, at::kInt);
    std::copy(rows.begin(), rows.end(), host.mutable_data_ptr<std::int32_t>());
    orders = host.to(device);
  }
  return orders;
}

}  // namespace yates::model
