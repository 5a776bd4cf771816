// SPDX-License-Identifier: Apache-2.0
// The three orders in which TriMamba walks the tokens of a grid, as index lists.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace yates::kernels {

/// Number of orders of the TriMamba layer.
inline constexpr int kTokenOrders = 3;

/// Tokens of a grid with axes (d, w, h) are numbered row-major, h fastest. Returns (order, token):
/// element [r * L + s] is the number of the token that stands at position s of order r, L = d w h.
/// Orders of axes, slowest first: (d, w, h) - the identity -, (w, d, h), (h, w, d).
/// Precondition: every side >= 1 and L < 2^31. Source: SegMamba-V2, TriMamba layer.
std::vector<std::int32_t> token_orders(std::array<std::int64_t, 3> grid);

/// The orders of a pruned token list: row i of the list is token kept[i], the summary token, if
/// there is one, is the last row and comes last in every order. `kept` is ascending; `orders` as
/// `token_orders` returns it for `tokens` tokens. Returns (order, row), kept.size() rows or one
/// more with the summary; kept tokens keep their relative order of each scan order.
std::vector<std::int32_t> compact_orders(std::span<const std::int32_t> orders,
                                         std::int64_t tokens,
                                         std::span<const std::int32_t> kept,
                                         bool summary);

}  // namespace yates::kernels
