// SPDX-License-Identifier: Apache-2.0
// Fisher's exact test: do the levels of a factor differ in how many of their runs collapsed?
#pragma once

#include <cstddef>
#include <span>

namespace yates::study {

/// p of independence in the table of `bad` out of `total` per level (Freeman and Halton for more
/// than two levels): the probability, with all margins fixed, of tables no likelier than this one.
/// Precondition: equal lengths, bad[i] <= total[i]. The work grows as the number of tables.
double fisher_exact_p(std::span<const std::size_t> bad, std::span<const std::size_t> total);

}  // namespace yates::study
