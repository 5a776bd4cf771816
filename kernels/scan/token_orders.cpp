// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/token_orders.hpp"

#include <limits>

#include "base/error.hpp"

namespace yates::kernels {
namespace {

/// Appends the tokens in the order in which `axes` (slowest first) run over the grid.
void append_order(const std::array<std::int64_t, 3>& grid,
                  const std::array<std::size_t, 3>& axes,
                  std::vector<std::int32_t>& orders) {
  const std::array<std::int64_t, 3> strides = {grid[1] * grid[2], grid[2], 1};
  for (std::int64_t i = 0; i < grid[axes[0]]; ++i) {
    for (std::int64_t j = 0; j < grid[axes[1]]; ++j) {
      for (std::int64_t k = 0; k < grid[axes[2]]; ++k) {
        orders.push_back(static_cast<std::int32_t>(i * strides[axes[0]] + j * strides[axes[1]] +
                                                   k * strides[axes[2]]));
      }
    }
  }
}

}  // namespace

std::vector<std::int32_t> token_orders(std::array<std::int64_t, 3> grid) {
  const std::int64_t tokens = grid[0] * grid[1] * grid[2];
  YATES_ASSERT(grid[0] > 0 && grid[1] > 0 && grid[2] > 0 &&
                   tokens <= std::numeric_limits<std::int32_t>::max(),
               "grid {} x {} x {}",
               grid[0],
               grid[1],
               grid[2]);
  std::vector<std::int32_t> orders;
  orders.reserve(static_cast<std::size_t>(kTokenOrders * tokens));
  append_order(grid, {0, 1, 2}, orders);
  append_order(grid, {1, 0, 2}, orders);
  append_order(grid, {2, 1, 0}, orders);
  return orders;
}

std::vector<std::int32_t> compact_orders(std::span<const std::int32_t> orders,
                                         std::int64_t tokens,
                                         std::span<const std::int32_t> kept,
                                         bool summary) {
  constexpr std::int32_t kDropped = -1;
  const auto length = static_cast<std::size_t>(tokens);
  YATES_ASSERT(length > 0 && orders.size() % length == 0, "{} of {}", orders.size(), tokens);
  std::vector<std::int32_t> row(length, kDropped);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    row.at(static_cast<std::size_t>(kept[i])) = static_cast<std::int32_t>(i);
  }
  std::vector<std::int32_t> compact;
  compact.reserve(orders.size() / length * (kept.size() + 1));
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const std::int32_t place = row[static_cast<std::size_t>(orders[i])];
    if (place != kDropped) {
      compact.push_back(place);
    }
    if (summary && i % length == length - 1) {
      compact.push_back(static_cast<std::int32_t>(kept.size()));
    }
  }
  return compact;
}

}  // namespace yates::kernels
