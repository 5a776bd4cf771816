// SPDX-License-Identifier: Apache-2.0
// Named conventions: which tool's HD95, and what an empty mask counts as. A figure without its
// convention cannot be compared.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace yates::eval {

enum class Convention : std::size_t {
  Segmamba,       ///< MedPy at spacing 1 whatever the file says; either mask empty: 0 and 50 mm.
  Brats2023,      ///< Area-weighted HD95; both empty: 1 and 0, one empty: 0 and 374 mm.
  MedPy,          ///< Pooled percentile; both empty: Dice 1; any empty: HD95 undefined.
  Monai,          ///< Larger directed percentile, float32; no reference: Dice undefined.
  Lesionwise2023  ///< Mean over lesions and false components, BraTS 2023.
};

inline constexpr std::array<Convention, 5> kConventions = {Convention::Segmamba,
                                                           Convention::Brats2023,
                                                           Convention::MedPy,
                                                           Convention::Monai,
                                                           Convention::Lesionwise2023};

/// Name on the command line and in cases.csv: segmamba, brats2023, medpy, monai, lesionwise2023.
const char* convention_name(Convention convention);

/// Its HD95 and its rule for empty masks, in a few words.
const char* convention_rule(Convention convention);

/// The conventions that `name` asks for: one, or every one for "all". Throws Error{Usage}.
std::vector<Convention> conventions_named(const std::string& name);

}  // namespace yates::eval
