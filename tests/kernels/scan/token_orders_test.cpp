// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/token_orders.hpp"

#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

using Orders = std::vector<std::int32_t>;

// Grid (d, w, h) = (2, 1, 3): tokens 0 1 2 / 3 4 5.
TEST(TokenOrders, WalkTheAxesAsWrittenByHand) {
  EXPECT_EQ(token_orders({2, 1, 3}),
            (Orders{0,
                    1,
                    2,
                    3,
                    4,
                    5,  // d, w, h
                    0,
                    1,
                    2,
                    3,
                    4,
                    5,  // w, d, h
                    0,
                    3,
                    1,
                    4,
                    2,
                    5}));  // h, w, d
  EXPECT_EQ(token_orders({2, 2, 1}),
            (Orders{0,
                    1,
                    2,
                    3,  // d, w, h
                    0,
                    2,
                    1,
                    3,  // w, d, h
                    0,
                    2,
                    1,
                    3}));  // h, w, d
  EXPECT_EQ(token_orders({1, 1, 1}), (Orders{0, 0, 0}));
}

TEST(TokenOrders, CompactToTheKeptRowsWithTheSummaryLast) {
  const Orders orders = token_orders({2, 1, 3});
  const Orders kept = {1, 3, 4};
  EXPECT_EQ(compact_orders(orders, 6, kept, true), (Orders{0, 1, 2, 3, 0, 1, 2, 3, 1, 0, 2, 3}));
  EXPECT_EQ(compact_orders(orders, 6, kept, false), (Orders{0, 1, 2, 0, 1, 2, 1, 0, 2}));
}

}  // namespace
}  // namespace yates::kernels
